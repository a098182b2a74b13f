from django.db import transaction

from apps.catalog.models import Item
from apps.catalog.pictures.keeping import discard
from apps.catalog.signals import item_changed
from apps.core.errors import Refused
from apps.core.locking import lock


class ItemStillSold(Refused):
    """Item must be soft-deleted before permanent image removal"""

    code = "item_not_deleted"


@transaction.atomic
def remove_image(*, item: Item) -> None:
    """
    Remove the picture of a deleted item for good; the row stays for old orders.

    :raises ItemStillSold: if the item is not deleted
    """
    lock(item)
    if not item.is_deleted:
        raise ItemStillSold
    discard(item.image_path)
    item.image_path = None
    item.save(update_fields=["image_path"])
    item_changed.send(Item, item_id=item.pk)

from django.db import transaction

from apps.catalog.models import Item
from apps.catalog.signals import item_changed
from apps.core.locking import lock


@transaction.atomic
def restore_item(*, item: Item) -> Item:
    """Put a deleted item back into the catalogue; one that is there already stays."""
    lock(item)
    item.deleted_at = None
    item.save(update_fields=["deleted_at"])
    item_changed.send(Item, item_id=item.pk)
    return item

from django.db import transaction

from apps.catalog.models import Design, Item
from apps.catalog.pictures.keeping import discard
from apps.catalog.signals import item_changed
from apps.core.locking import lock


@transaction.atomic
def delete_design(*, design: Design) -> None:
    """Remove a design and its picture; lines of orders that named it keep their item."""
    lock(design.item)
    Design.objects.filter(pk=design.pk).delete()
    discard(design.image_path)
    item_changed.send(Item, item_id=design.item_id)

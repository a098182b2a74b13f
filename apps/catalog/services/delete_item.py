from datetime import datetime

from django.db import transaction

from apps.catalog.models import Item
from apps.catalog.signals import item_changed
from apps.core.locking import lock


@transaction.atomic
def delete_item(*, item: Item, now: datetime) -> None:
    """Take the item out of the catalogue; its picture and the lines of old orders stay."""
    lock(item)
    item.deleted_at = now
    item.save(update_fields=["deleted_at"])
    item_changed.send(Item, item_id=item.pk)

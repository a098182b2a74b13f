from django.db import transaction

from apps.catalog.models import Design, Item
from apps.catalog.signals import item_changed
from apps.core.locking import lock


@transaction.atomic
def arrange_design(
    *, design: Design, is_primary: bool | None = None, display_order: int | None = None
) -> Design:
    """Make the design the item's only primary one, else place it; None leaves things alone."""
    lock(design.item)
    lock(design)
    if is_primary:
        others = design.item.designs.exclude(pk=design.pk)
        others.filter(is_primary=True).update(is_primary=False)
    elif display_order is not None:
        design.display_order = display_order
    if is_primary is not None:
        design.is_primary = is_primary
    design.save(update_fields=["is_primary", "display_order"])
    item_changed.send(Item, item_id=design.item_id)
    return design

from apps.catalog.models import Design, Item
from apps.catalog.pictures.keeping import kept
from apps.catalog.pictures.picture import Picture
from apps.catalog.signals import item_changed
from apps.core.locking import lock


def add_design(
    *, item: Item, name: str, picture: Picture, is_primary: bool = False, display_order: int = 0
) -> Design:
    """
    Give the item another design; a primary one takes that place from the one before.

    :raises ImageNotStored: if the storage does not take the picture
    """
    with kept(picture) as path:
        lock(item)
        if is_primary:
            item.designs.filter(is_primary=True).update(is_primary=False)
        design = Design.objects.create(
            item=item,
            name=name,
            image_path=path,
            is_primary=is_primary,
            display_order=display_order,
        )
        item_changed.send(Item, item_id=item.pk)
    return design

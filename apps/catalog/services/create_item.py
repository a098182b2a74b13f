from decimal import Decimal

from apps.catalog.models import Item
from apps.catalog.pictures.keeping import kept
from apps.catalog.pictures.picture import Picture
from apps.catalog.signals import item_changed


def create_item(
    *,
    name: str,
    price: Decimal,
    color: str | None = None,
    fabric: str | None = None,
    special_features: str | None = None,
    picture: Picture | None = None,
) -> Item:
    """
    Add an item to the catalogue.

    :raises ImageNotStored: if the storage does not take the picture
    """
    with kept(picture) as path:
        item = Item.objects.create(
            name=name,
            price=price,
            color=color,
            fabric=fabric,
            special_features=special_features,
            image_path=path or None,
        )
        item_changed.send(Item, item_id=item.pk)
    return item

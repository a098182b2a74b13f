from enum import Enum
from typing import Any

from apps.catalog.models import Item
from apps.catalog.pictures.keeping import discard, kept
from apps.catalog.pictures.picture import Picture
from apps.catalog.signals import item_changed
from apps.core.locking import lock


class Keep(Enum):
    """Says that the picture stays as it is, which None cannot: None removes it."""

    PICTURE = "picture"


def change_item(
    *,
    item: Item,
    changes: dict[str, Any],
    picture: Picture | Keep | None = Keep.PICTURE,
) -> Item:
    """
    Change the named fields, and the picture unless it is kept; the old one vanishes on commit.

    :raises ImageNotStored: if the storage does not take the picture
    """
    new = picture if isinstance(picture, Picture) else None
    with kept(new) as path:
        lock(item)
        for name, value in changes.items():
            setattr(item, name, value)
        names = list(changes)
        if picture is not Keep.PICTURE:
            discard(item.image_path)
            item.image_path = path or None
            names.append("image_path")
        if names:
            item.save(update_fields=names)
            item_changed.send(Item, item_id=item.pk)
    return item

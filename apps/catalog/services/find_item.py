from apps.catalog.models import Design, Item
from apps.core.errors import Missing, Refused


class ItemNotFound(Missing):
    """Item not found"""


class DesignNotFound(Missing):
    """Design not found"""


class ForeignDesign(Refused):
    """Design does not belong to this item"""


def find_item(item_id: int) -> Item:
    """
    Return the item, also a deleted one.

    :raises ItemNotFound: if there is none with this id
    """
    item = Item.objects.filter(pk=item_id).first()
    if item is None:
        raise ItemNotFound
    return item


def find_design(item: Item, design_id: int) -> Design:
    """
    Return the design of the item.

    :raises DesignNotFound: if there is none with this id
    :raises ForeignDesign: if it is another item's
    """
    design = Design.objects.filter(pk=design_id).first()
    if design is None:
        raise DesignNotFound
    if design.item_id != item.pk:
        raise ForeignDesign
    return design

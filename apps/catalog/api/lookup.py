from apps.catalog.models import Design, Item
from apps.catalog.services.find_item import DesignNotFound, ItemNotFound, find_design, find_item
from apps.core.api.desk import id_in_path


def asked_item(item_id: str) -> Item:
    """
    Return the item that a path names.

    :raises ItemNotFound: if there is none
    """
    return find_item(id_in_path(item_id, ItemNotFound))


def asked_design(item_id: str, design_id: str) -> Design:
    """
    Return the design that a path names.

    :raises ItemNotFound: if there is no such item
    :raises DesignNotFound: if there is no such design
    :raises ForeignDesign: if it is another item's
    """
    return find_design(asked_item(item_id), id_in_path(design_id, DesignNotFound))

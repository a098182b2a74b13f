from apps.catalog.models.design import Design
from apps.catalog.models.item import Item

__all__ = ["Design", "Item"]

from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from apps.catalog.models import Design, Item  # noqa: F401 - names the generics

SEARCHED = ("name", "color", "fabric", "special_features")


class ItemQuerySet(models.QuerySet["Item"]):
    """Reads of items, by name."""

    def active(self) -> "ItemQuerySet":
        """Return what the shop sells."""
        return self.filter(deleted_at=None)

    def deleted(self) -> "ItemQuerySet":
        """Return what the shop no longer sells."""
        return self.filter(deleted_at__isnull=False)

    def searched(self, text: str) -> "ItemQuerySet":
        """Return items with the text, taken to the letter, anywhere in what describes them."""
        if not text:
            return self
        return self.filter(reduce(or_, (Q(**{f"{name}__icontains": text}) for name in SEARCHED)))

    def newest_first(self) -> "ItemQuerySet":
        """Return the items in the order of the catalogue."""
        return self.order_by("-created_at", "-id")

    def latest_deleted_first(self) -> "ItemQuerySet":
        """Return the items in the order of the deleted ones."""
        return self.order_by("-deleted_at", "-id")

    def after(self, column: str, moment: datetime, item_id: int) -> "ItemQuerySet":
        """Return what comes after this place in a list that falls by the column, then by id."""
        later = Q(**{f"{column}__lt": moment}) | Q(**{column: moment}, id__lt=item_id)
        # The first filter says nothing new; it is the one that an index can begin at.
        return self.filter(**{f"{column}__lte": moment}).filter(later)


class DesignQuerySet(models.QuerySet["Design"]):
    """Reads of designs, by name."""

    def in_order(self) -> "DesignQuerySet":
        """Return the primary one first, then as staff have arranged them."""
        return self.order_by("-is_primary", "display_order", "id")

"""What a bulk action on items did, written into a link that takes it back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.utils import timezone

from apps.catalog.models import Item
from apps.catalog.services.delete_item import delete_item
from apps.catalog.services.restore_item import restore_item
from apps.catalog.services.set_prices import set_prices
from apps.core.errors import Refused

SALT = "catalog.undo"
LIVES_FOR = 24 * 3600
# A link holds no more; without one the page says nothing of undoing.
MOST_ITEMS = 200
Prices = dict[int, tuple[Decimal, Decimal]]


class NothingToUndo(Refused):
    """This can no longer be undone; it is more than a day old, or the link is not complete."""

    code = "nothing_to_undo"


def of_deletion(moment: datetime) -> str:
    """Return the way back from a deletion: all that was deleted at that very moment."""
    return _signed("deleted", moment.isoformat())


def of_restoring(item_ids: list[int]) -> str:
    """Return the way back from a restoring, where it fits into a link."""
    return _signed("restored", item_ids) if len(item_ids) <= MOST_ITEMS else ""


def of_prices(prices: Prices) -> str:
    """Return the way back from new prices, where it fits into a link."""
    told = [[key, str(before), str(after)] for key, (before, after) in prices.items()]
    return _signed("priced", told) if len(told) <= MOST_ITEMS else ""


def undo(token: str) -> int:
    """
    Take back what the link says; return how many items that changed.

    :raises NothingToUndo: if the link is too old or not ours
    """
    done, what = read(token)
    if done == "deleted":
        items = Item.objects.filter(deleted_at=datetime.fromisoformat(what))
        return len([restore_item(item=item) for item in items])
    if done == "restored":
        now = timezone.now()
        restored = list(Item.objects.active().filter(pk__in=what))
        for item in restored:
            delete_item(item=item, now=now)
        return len(restored)
    return len(set_prices(prices={key: (Decimal(now), Decimal(old)) for key, old, now in what}))


def read(token: str) -> tuple[str, Any]:
    """
    Return what was done, and to what.

    :raises NothingToUndo: if the link is too old or not ours
    """
    try:
        done, what = signing.loads(token, salt=SALT, max_age=LIVES_FOR)
    except signing.BadSignature:
        raise NothingToUndo from None
    return done, what


def _signed(done: str, what: Any) -> str:
    return signing.dumps([done, what], salt=SALT, compress=True)

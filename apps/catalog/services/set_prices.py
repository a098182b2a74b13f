from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from apps.catalog.models import Item
from apps.catalog.signals import item_changed


@transaction.atomic
def set_prices(*, prices: Mapping[int, tuple[Decimal, Decimal]]) -> list[int]:
    """
    Give items new prices, named by id with the price that they should have still.

    Return whose price was changed; an item that costs something else by now keeps its price.
    """
    changed = []
    items = Item.objects.filter(pk__in=prices).select_for_update(no_key=True).order_by("pk")
    for item in items:
        before, after = prices[item.pk]
        if item.price == before and before != after:
            item.price = after
            changed.append(item)
    Item.objects.bulk_update(changed, ["price"], batch_size=500)
    for item in changed:
        item_changed.send(Item, item_id=item.pk)
    return [item.pk for item in changed]

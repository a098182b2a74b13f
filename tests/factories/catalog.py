from datetime import UTC, datetime, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from apps.catalog.models import Design, Item


class ItemFactory(DjangoModelFactory[Item]):
    """An item that is sold; `deleted` is a trait. It has no picture."""

    class Meta:
        model = Item

    class Params:
        deleted = factory.Trait(deleted_at=factory.LazyFunction(lambda: datetime.now(UTC)))

    name = factory.Sequence(lambda number: f"Linen shirt {number}")
    price = Decimal("1299.50")
    color = "White"
    fabric = "Linen"
    # Far enough from each other that a list's order is the order of making.
    created_at = factory.Sequence(lambda number: _START + timedelta(seconds=number))


class DesignFactory(DjangoModelFactory[Design]):
    """A design whose picture is only named; `primary` is a trait."""

    class Meta:
        model = Design

    class Params:
        primary = factory.Trait(is_primary=True)

    item = factory.SubFactory(ItemFactory)
    name = factory.Sequence(lambda number: f"Floral {number}")
    image_path = factory.Sequence(lambda number: f"items/design-{number}.png")


_START = datetime(2025, 1, 5, 9, 30, tzinfo=UTC)

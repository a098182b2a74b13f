"""What the database makes is what the serializer makes, byte by byte."""

import json
from decimal import Decimal

import pytest

from apps.catalog.api.shapes import ItemOutput
from apps.catalog.models import Item
from apps.catalog.services.list_items import items_page
from apps.core.api.rendering import OrjsonRenderer
from tests.factories.catalog import ItemFactory

pytestmark = pytest.mark.django_db

BASE = "https://shop.example/images/"
HARD = 'A "quoted" \\ line\nwith\ttabs \b\x01\x7f\u2028, ünïcode 🧵 and </script> 100%'


def slow_page(*, page, limit):
    items = Item.objects.active().newest_first()
    rows, total = items[(page - 1) * limit : page * limit], items.count()
    pages = {"page": page, "limit": limit, "total": total, "totalPages": -(-total // limit)}
    shown = ItemOutput(rows, many=True, context={"base": BASE}).data
    return OrjsonRenderer().render({"items": shown, "pagination": pages})


@pytest.mark.parametrize(("page", "limit"), [(1, 10), (2, 10), (1, 20), (2, 20), (10**9, 100)])
def test_a_page_has_the_bytes_of_the_serializer(page, limit):
    for number in range(9):
        ItemFactory(price=Decimal(number) / 4)
    ItemFactory(name=HARD, color=HARD, fabric=HARD, special_features=HARD, price=Decimal("0.10"))
    ItemFactory(color=None, fabric=None, special_features=None, price=Decimal("99999999.99"))
    ItemFactory(image_path="items/0f3c.png")
    ItemFactory(image_path="")
    ItemFactory(deleted=True)

    assert items_page(page=page, limit=limit, base=BASE).encode() == slow_page(
        page=page, limit=limit
    )


def test_an_empty_catalogue_has_an_empty_page():
    page = json.loads(items_page(page=1, limit=10, base=BASE))

    assert page == {
        "items": [],
        "pagination": {"page": 1, "limit": 10, "total": 0, "totalPages": 0},
    }

"""Orders come from the database as JSON; here they are put into answers without reading them."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.http import HttpResponse

from apps.core.api.ready import ready
from apps.orders.services.find_orders import FoundOrder

VERSION_HEADER = "X-Order-Version"


def listed(orders: Iterable[FoundOrder], pagination: dict[str, Any]) -> HttpResponse:
    """Answer a part of the list."""
    array, place = ",".join(order.json for order in orders), orjson.dumps(pagination).decode()
    return ready(f'{{"orders":[{array}],"pagination":{place}}}')


def one(order: FoundOrder, status: int = 200) -> HttpResponse:
    """Answer one order, and the version that its editor should name."""
    return ready(order.json, status=status, headers={VERSION_HEADER: str(order.version)})


def pieces(portions: Iterable[list[FoundOrder]]) -> Iterator[bytes]:
    """Return an array piece by piece."""
    yield b"["
    comma = ""
    for portion in portions:
        yield (comma + ",".join(order.json for order in portion)).encode()
        comma = ","
    yield b"]"

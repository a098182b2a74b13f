"""Orders come from the database as JSON; here they are put into answers without reading them."""

from collections.abc import Iterable, Iterator

import orjson
from rest_framework.response import Response

from apps.orders.services.find_orders import FoundOrder

VERSION_HEADER = "X-Order-Version"


def array(orders: Iterable[FoundOrder]) -> orjson.Fragment:
    """Return the orders as one ready array."""
    return orjson.Fragment(f"[{','.join(order.json for order in orders)}]")


def one(order: FoundOrder, status: int = 200) -> Response:
    """Answer one order, and the version that its editor should name."""
    headers = {VERSION_HEADER: str(order.version)}
    return Response(orjson.Fragment(order.json), status=status, headers=headers)


def pieces(portions: Iterable[list[FoundOrder]]) -> Iterator[bytes]:
    """Return an array piece by piece."""
    yield b"["
    comma = ""
    for portion in portions:
        yield (comma + ",".join(order.json for order in portion)).encode()
        comma = ","
    yield b"]"

"""Where a list goes on: base64 of the last row's `createdAt` and `id`, to the microsecond."""

import base64
import binascii
from datetime import datetime

import orjson

from apps.core.errors import Refused
from apps.orders.reading.dates import NotADate, to_moment
from apps.orders.reading.numbers import row_number
from apps.orders.services.find_orders import FoundOrder


class InvalidCursor(Refused):
    """Invalid cursor format"""

    code = "invalid_cursor"


def write_cursor(order: FoundOrder) -> str:
    """Return the cursor that leads on from this order."""
    place = {"createdAt": order.created_at, "id": order.id}
    return base64.b64encode(orjson.dumps(place, option=orjson.OPT_UTC_Z)).decode()


def read_cursor(text: str) -> tuple[datetime, int]:
    """
    Return the place that a cursor means.

    :raises InvalidCursor: if it is none that we have given out
    """
    try:
        place = orjson.loads(base64.b64decode(text, validate=True))
        moment, order_id = to_moment(place["createdAt"]), row_number(place["id"])
    except (binascii.Error, ValueError, KeyError, TypeError, NotADate):
        raise InvalidCursor from None
    if order_id is None:
        raise InvalidCursor
    return moment, order_id

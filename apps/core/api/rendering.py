from decimal import Decimal
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


class OrjsonRenderer(JSONRenderer):
    """JSON by orjson: fifteen times faster than DRF's on ten rows (performance.md 4)."""

    def render(self, data: Any, _media_type: str | None = None, _context: Any = None) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z)

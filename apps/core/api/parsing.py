import json
import re
import zlib
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from apps.core.errors import Detail, Invalid, TooLarge, WrongType

CHUNK = 64 * 1024
LONGEST_NUMBER = 20
LONG_NUMBER = re.compile(rb"[0-9]{19}")


def read_body(stream: IO[bytes], encoding: str, *, most: int) -> bytes:
    """
    Read the body, inflated if it came gzipped, and never more than `most` bytes of it.

    :raises TooLarge: if the inflated body is larger
    :raises WrongType: if the content encoding is none that we know
    """
    if encoding not in ("", "identity", "gzip"):
        raise WrongType(f"Content-Encoding {encoding} is not accepted; send gzip or nothing.")
    inflate = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body = bytearray()
    while chunk := stream.read(CHUNK):
        try:
            body += inflate.decompress(chunk, most + 1 - len(body)) if inflate else chunk
        except zlib.error:
            raise ParseError("The body is not valid gzip.") from None
        if len(body) > most:
            raise TooLarge(f"The body is larger than {most // 1024 // 1024} MiB.")
    return bytes(body)


def _exact(digits: str) -> int:
    """
    Refuse what orjson would silently round: it knows whole numbers of 64 bits.

    :raises Invalid: if the number has more
    """
    if len(digits) > LONGEST_NUMBER or not -(2**63) <= int(digits) < 2**64:
        shown = digits[:24]
        message = f"The number {shown} is too long to be exact; send it as text in quotes."
        raise Invalid(message, details=[Detail("", "inexact_number", message)])
    return int(digits)


class OrjsonParser(BaseParser):
    """JSON up to the view's `max_body_bytes` (MAX_JSON_BYTES unless it says otherwise)."""

    media_type = "application/json"
    refuses_inexact = True

    def parse(self, stream: Any, _media_type: str | None = None, context: Any = None) -> Any:
        context = context or {}
        view, request = context.get("view"), context.get("request")
        most: int = getattr(view, "max_body_bytes", settings.MAX_JSON_BYTES)
        encoding = request.headers.get("Content-Encoding", "").lower() if request else ""
        try:
            body = read_body(stream, encoding, most=most)
            if self.refuses_inexact and LONG_NUMBER.search(body):
                json.loads(body, parse_int=_exact)
            return orjson.loads(body)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from None

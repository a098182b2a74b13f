"""The least that the web server can answer: the limit that others are measured against."""

from typing import Any

BODY = b'{"message":"hello"}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(_environ: dict[str, Any], start: Any) -> list[bytes]:
    """Answer the same to everybody."""
    start("200 OK", HEADERS)
    return [BODY]

"""Answers as they are kept: what Django sent, without what belongs to one request only."""

import hashlib
import random
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

Headers = list[tuple[str, str]]
LARGEST = 2 * 1024 * 1024  # a longer one passes as a stream and is kept by nobody
# Browsers may keep it, if they ask each time whether it is still so.
CONTROL = [("Cache-Control", "private, no-cache")]
# Made anew for each request, or for its Origin.
PERSONAL = ("x-request-id", "x-ratelimit-", "access-control-", "date", "server", "content-length")
# All that a 304 repeats (RFC 9110, 15.4.5): the rest is what the reader has already.
REPEATED = ("cache-control", "content-location", "etag", "expires", "vary")
OK = "200 OK"
NOT_MODIFIED = "304 Not Modified"


class Produced:
    """What the application has answered: all of it, or the beginning and the rest."""

    def __init__(self, app: Any, environ: dict[str, Any]) -> None:
        self.status, self.headers = "", list[tuple[str, str]]()
        self._source = app(environ, self._start)
        self._pieces = iter(self._source)
        self.is_whole, self.body = False, b""

    def _start(self, status: str, headers: Headers, exc_info: Any = None) -> None:
        self.status, self.headers = status, list(headers)

    def read(self) -> None:
        """Take the body, unless it is too long to be kept."""
        try:
            self._read()
        except BaseException:
            self.close()
            raise

    def _read(self) -> None:
        pieces, length = [], 0
        for piece in self._pieces:
            pieces.append(piece)
            length += len(piece)
            if length > LARGEST:
                break
        else:
            self.is_whole = True
        self.body = b"".join(pieces)
        if self.is_whole:
            self.close()

    def __iter__(self) -> Iterator[bytes]:
        yield self.body
        if not self.is_whole:
            yield from self._pieces

    def close(self) -> None:
        """Let the application end the request."""
        close = getattr(self._source, "close", None)
        if close:
            close()

    @property
    def personal(self) -> Headers:
        """Return the headers that are for this request only."""
        return [pair for pair in self.headers if is_personal(pair) and pair[0] != "Content-Length"]

    @property
    def common(self) -> Headers:
        """Return the headers that everybody gets."""
        kept = [_by_token(*pair) for pair in self.headers if not is_personal(pair)]
        return [*kept, *CONTROL]

    @property
    def may_be_kept(self) -> bool:
        """Return whether the answer is a whole one that is everybody's."""
        names = {name.lower() for name, _ in self.headers}
        vary = {word.strip().lower() for name, text in self.headers if name.lower() == "vary"
                for word in text.split(",")}  # fmt: skip
        return (
            self.is_whole
            and self.status == OK
            and "set-cookie" not in names
            and not vary & {"cookie", "*"}
        )


class Entry(NamedTuple):
    """An answer that may be given again while its versions are the current ones."""

    versions: str
    fresh_until: float
    etag: str
    headers: Headers
    headers_of_304: Headers
    body: bytes

    @classmethod
    def of(
        cls, headers: Headers, body: bytes, versions: str = "", *, now: float = 0, seconds: int = 0
    ) -> "Entry":
        """Keep an answer; it is made anew a little before its time is over, not by all."""
        # Spread, so that what was made together need not be made anew together.
        fresh_until = now + seconds * random.uniform(0.8, 0.95)  # noqa: S311 - no secret
        etag = etag_of(body)
        headers = [*headers, ("ETag", etag)]
        return cls(versions, fresh_until, etag, headers, _repeated(headers), body)

    @classmethod
    def from_bytes(cls, data: bytes | None) -> "Entry | None":
        """Read what `as_bytes` has written."""
        if data is None:
            return None
        head, _, body = data.partition(b"\n")
        return cls(*_read_head(head), body)

    def as_bytes(self) -> bytes:
        """Return it as Redis keeps it: a line about the body, and the body ready to be sent."""
        about = (self.versions, self.fresh_until, self.etag, self.headers)
        return orjson.dumps(about) + b"\n" + self.body

    def is_known_to(self, tags: str | None) -> bool:
        """Return whether `If-None-Match` names this answer."""
        if not tags:
            return False
        if tags == self.etag:
            return True
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or self.etag.removeprefix("W/") in known


def is_personal(header: tuple[str, str]) -> bool:
    """Return whether the next answer to the same question must have a header of its own."""
    return header[0].lower().startswith(PERSONAL)


def _by_token(name: str, value: str) -> tuple[str, str]:
    return (name, f"{value}, Authorization") if name.lower() == "vary" else (name, value)


def etag_of(body: bytes) -> str:
    """Return the tag of an answer; weak, as clients have always got it."""
    return f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def _repeated(headers: Headers) -> Headers:
    return [pair for pair in headers if pair[0].lower() in REPEATED]


@lru_cache(1000)
def _read_head(head: bytes) -> tuple[str, float, str, Headers, Headers]:
    versions, fresh_until, etag, pairs = orjson.loads(head)
    headers = [(name, value) for name, value in pairs]
    return versions, fresh_until, etag, headers, _repeated(headers)

"""Who reads: known by the token, as long as no account has changed."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import structlog

from apps.core.cache.wire import packed
from apps.core.limits import Limit, Verdict, charge, command, verdict_of

log = structlog.get_logger(__name__)

MOST_READERS = 10_000


@dataclass(frozen=True)
class Reader:
    """What a token stands for: who it is, what for, until when that is sure, and who pays."""

    user: Any
    role: str
    writes: bool
    scopes: frozenset[str] | None
    until: float
    subject: str
    limit: Limit

    def may_read(self, scope: str) -> bool:
        """Return whether answers of that scope are for this reader."""
        return self.scopes is None or f"{scope}:read" in self.scopes

    def may_write(self, scope: str) -> bool:
        """Return whether this caller may change what belongs to that scope."""
        return self.writes and (self.scopes is None or f"{scope}:write" in self.scopes)

    @cached_property
    def charge(self) -> bytes:
        """Return what charges the reader one call, ready to be sent."""
        return packed(command(self.subject, self.limit))

    def verdict(self, reply: Any) -> Verdict:
        """Read the answer to the charge; a Redis that does not know the script learns it."""
        if isinstance(reply, Exception):
            verdict = charge(self.subject, self.limit)
        else:
            verdict = verdict_of(reply)
        if not verdict.allowed:
            log.info("request.rate_limited", limit=self.limit.name, subject=self.subject)
        return verdict


Identify = Callable[[dict[str, Any]], Reader | None]


@dataclass(frozen=True, slots=True)
class KnownReader:
    """A reader, and the version of the accounts that was current before we asked for it."""

    reader: Reader
    accounts: str


class KnownReaders:
    """The readers that this process has met lately, by the header that they sent."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, KnownReader] = OrderedDict()

    def get(self, header: str, now: float) -> KnownReader | None:
        """Return whom we know by this header, if time has not made it unsure."""
        known = self._known.get(header)
        return known if known and known.reader.until > now else None

    def remember(self, header: str, known: KnownReader) -> None:
        """Know the reader from now on; of too many forget the one met first."""
        self._known[header] = known
        if len(self._known) > MOST_READERS:
            self._known.popitem(last=False)

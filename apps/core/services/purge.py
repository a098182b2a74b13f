"""Remove what has been kept for its time: little by little, and again from where it stopped."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from prometheus_client import Counter

from apps.core.errors import Invalid, Unavailable
from apps.core.locking import alone
from apps.core.retention import Cut, Rule, Tally, rules

log = structlog.get_logger(__name__)

DELETED = Counter("purge_deleted_total", "Things removed because their time was over.", ["object"])
# Backups hold this, too: a file must not go between a row's being written down and its copying.
SECTION = "retention"


class OthersAtWork(Unavailable):
    """A backup or another purge is at work; try again when it is over."""

    code = "others_at_work"


class AgeWithoutType(Invalid):
    """Say which types are meant when you name another age than usual."""

    code = "age_without_type"


@dataclass
class Purge:
    """What went, or would go."""

    is_dry_run: bool = False
    is_complete: bool = True
    tallies: dict[str, Tally] = field(default_factory=dict)

    @property
    def total(self) -> Tally:
        """Return all of it."""
        return sum(self.tallies.values(), start=Tally())


class _Pace:
    """Keeps the removing below so many things a second."""

    def __init__(self, rate: float | None) -> None:
        self._rate, self._begun, self._count = rate, time.monotonic(), 0

    def wait(self, count: int) -> None:
        self._count += count
        if self._rate:
            time.sleep(max(0.0, self._begun + self._count / self._rate - time.monotonic()))


def purge(
    *,
    now: datetime,
    types: list[str] | None = None,
    older_than: timedelta | None = None,
    dry_run: bool = False,
    rate: float | None = None,
    seconds: float | None = None,
    tell: Callable[[str, Tally], None] = lambda _name, _tally: None,
) -> Purge:
    """
    Remove what has been kept for its time, or only count it.

    Each step is a transaction of its own: whoever is interrupted goes on from there next time.

    :param types: names of rules; all of them if not given
    :param older_than: instead of the usual age
    :param rate: the most things to remove in a second
    :param seconds: after how long to stop, complete or not
    :raises UnknownKind: if there is no rule of a name
    :raises AgeWithoutType: if an age is given for everything
    :raises OthersAtWork: if a backup or another purge is at work
    """
    if older_than is not None and not types:
        raise AgeWithoutType
    outcome, pace = Purge(is_dry_run=dry_run), _Pace(rate)
    until = None if seconds is None else time.monotonic() + seconds
    for rule in rules(types):
        age = rule.age() if older_than is None else older_than
        cut = Cut(now=now, before=now - age, is_asked=older_than is not None)
        outcome.tallies[rule.name] = rule.due(cut) if dry_run else Tally()
        if dry_run:
            tell(rule.name, outcome.tallies[rule.name])
            continue
        while (removed := _step(rule, cut)) is not None:
            outcome.tallies[rule.name] += removed
            tell(rule.name, outcome.tallies[rule.name])
            pace.wait(removed.count)
            if until is not None and time.monotonic() > until:
                outcome.is_complete = False
                return outcome
    if outcome.total.count and not dry_run:
        counts = {name: tally.count for name, tally in outcome.tallies.items() if tally.count}
        log.info("retention.purged", **{name.replace("-", "_"): n for name, n in counts.items()})
    return outcome


def _step(rule: Rule, cut: Cut) -> Tally | None:
    with transaction.atomic():
        if not alone(SECTION):
            raise OthersAtWork(retry_after=60)
        removed = rule.remove_some(cut)
    if removed is not None and removed.count:
        DELETED.labels(rule.name).inc(removed.count)
    return removed

"""Asks the servers that we need how they are: side by side, and never beyond a budget."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import structlog

log = structlog.get_logger(__name__)

BUDGET_SECONDS = 0.3
FRESH_SECONDS = 2.0


class Health(IntEnum):
    """How something is; the worst of several is how the whole is."""

    HEALTHY = 0
    DEGRADED = 1
    UNHEALTHY = 2

    @property
    def word(self) -> str:
        """Return the word that answers use."""
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """What a probe saw. It never holds a driver's message: those name hosts and users."""

    health: Health = Health.HEALTHY
    facts: Mapping[str, Any] = field(default_factory=dict)


Probe = Callable[[], Finding]


@dataclass(frozen=True)
class _Asked:
    at: float
    answer: Future[Finding]

    def may_be_shared(self, now: float) -> bool:
        """Say whether to take this answer: it is fresh, or nobody knows yet and asking piles up."""
        return not self.answer.done() or now - self.at < FRESH_SECONDS


class Prober:
    """Runs probes in threads of their own; one that hangs is asked once, not again and again."""

    def __init__(self) -> None:
        self._asked: dict[str, _Asked] = {}
        self._lock = threading.Lock()

    def findings(
        self, probes: Mapping[str, Probe], *, otherwise: Mapping[str, Health]
    ) -> dict[str, Finding]:
        """Return what each probe found, and `otherwise` where it failed or gave no answer."""
        asked = {name: self._ask(name, probe) for name, probe in probes.items()}
        first = min(one.at for one in asked.values())
        patience = max(0.0, first + BUDGET_SECONDS - time.monotonic())
        wait([one.answer for one in asked.values()], timeout=patience)
        return {name: _finding(one, name, otherwise[name]) for name, one in asked.items()}

    def forget(self) -> None:
        """Ask afresh next time."""
        with self._lock:
            self._asked = {}

    def _ask(self, name: str, probe: Probe) -> _Asked:
        now = time.monotonic()
        with self._lock:
            known = self._asked.get(name)
            if known and known.may_be_shared(now):
                return known
            self._asked[name] = asked = _Asked(now, Future())
        # Daemons: a server that hangs must not keep this process from ending.
        threading.Thread(target=_run, args=(probe, asked.answer), daemon=True).start()
        return asked


def _run(probe: Probe, answer: Future[Finding]) -> None:
    try:
        answer.set_result(probe())
    except Exception as error:
        answer.set_exception(error)


def _finding(asked: _Asked, name: str, otherwise: Health) -> Finding:
    if not asked.answer.done():
        return Finding(otherwise, {"error": "no answer in time"})
    if error := asked.answer.exception():
        log.warning("health.probe_failed", probe=name, reason=type(error).__name__)
        return Finding(otherwise, {"error": "not reachable"})
    return asked.answer.result()

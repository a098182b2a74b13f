"""How far a backup is, on a console: a bar for a person, else a line every 2 seconds."""

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from apps.core.console import LINE_SECONDS, in_words
from apps.ops.backup.meter import Meter

MEBIBYTE = 1024**2


class ShownMeter(Meter):
    """A meter that people can read."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._total, self._done, self._what = 1, 0, ""
        self._begun = self._shown_at = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> "ShownMeter":
        self._bar.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, total: int) -> None:
        self._total = max(1, total)
        self._bar.update(self._task, total=self._total)

    def step(self, what: str) -> None:
        self._what = what
        self._bar.update(self._task, description=what)
        if self._bar.disable:
            self._tell(what)

    def advance(self, size: int) -> None:
        self._done = min(self._total, self._done + size)
        self._bar.update(self._task, completed=self._done)
        now = time.monotonic()
        if self._bar.disable and now - self._shown_at >= LINE_SECONDS:
            self._shown_at = now
            self._tell(self._line(now - self._begun))

    def _line(self, seconds: float) -> str:
        rate = self._done / seconds
        left = in_words(round((self._total - self._done) / rate)) if rate else "?"
        return (
            f"{self._what} {self._done / MEBIBYTE:.1f}/{self._total / MEBIBYTE:.1f} MiB"
            f" {100 * self._done / self._total:.0f} % · {rate / MEBIBYTE:.1f} MiB/s · {left} left"
        )

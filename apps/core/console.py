"""What the commands for operators share: exit codes, JSON, tables, and watching a job."""

import io
import json
import sys
import time
from abc import abstractmethod
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError
from redis.exceptions import ConnectionError as BrokerUnreachable
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.table import Table

from apps.core.errors import DomainError

LINE_SECONDS = 2.0
LOOK_SECONDS = 0.5
WIDTH = 120
IDENTIFIER = 30


class Exit(IntEnum):
    """What a command's exit code tells a script."""

    OK = 0
    UNSUCCESSFUL_ROWS = 1
    BAD_INPUT = 2
    JOB_FAILED = 3
    NOT_REACHABLE = 4
    DETACHED = 130


CODES = """exit codes:
  0    everything succeeded
  1    finished, but some rows did not succeed
  2    the input is not acceptable; every complaint is told, nothing was done
  3    the job failed, was cancelled, or stands still until somebody acts
  4    the database is not reachable
  130  interrupted; a batch that was accepted goes on by itself"""


class Help(RawDescriptionHelpFormatter):
    """Keeps the lines of examples as they are written."""


class ConsoleCommand(BaseCommand):
    """A command whose exit code is honest, and whose complaints are sentences."""

    # A look at the jobs must not wait for the checks of the whole project.
    requires_system_checks: tuple[str, ...] = ()

    @abstractmethod
    def act(self, options: dict[str, Any]) -> Exit:
        """Do it, and say how it went."""

    def handle(self, *_: Any, **options: Any) -> None:
        """Act, and turn what goes wrong into a sentence and an exit code."""
        try:
            code = self.act(options)
        except DomainError as error:
            self._complain(error, as_json=bool(options.get("json")))
            code = Exit.BAD_INPUT
        except (OperationalError, InterfaceError, BrokerUnreachable) as error:
            reason = str(error).strip().splitlines()[:1]
            self.stderr.write(f"Not reachable: {' '.join(reason) or type(error).__name__}")
            code = Exit.NOT_REACHABLE
        if code:
            raise SystemExit(int(code))

    def tell(self, text: str) -> None:
        """Write for people, beside the result: it does not disturb a pipe."""
        self.stderr.write(text, lambda line: line)

    def put_json(self, value: Any) -> None:
        """Write the result as one line of JSON."""
        self.stdout.write(json.dumps(value, default=str))

    def put_table(self, titles: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write the result as a table."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for title in titles:
            is_number = title.startswith("#")
            # An identifier is there to be copied: it is never cut.
            width = IDENTIFIER if title == "job" else None
            table.add_column(
                title.lstrip("#"), justify="right" if is_number else "left", min_width=width
            )
        for row in rows:
            table.add_row(*("" if cell is None else str(cell) for cell in row))
        self.put(table)

    def put(self, shown: Any) -> None:
        """Write whatever rich can show; plain text where nobody looks at colours."""
        text = io.StringIO()
        is_terminal = self.stdout.isatty()
        console = Console(
            file=text,
            width=None if is_terminal else WIDTH,
            force_terminal=is_terminal,
            no_color=not is_terminal,
            highlight=False,
            markup=False,
        )
        console.print(shown)
        lines = (line.rstrip() for line in text.getvalue().splitlines())
        self.stdout.write("\n".join(lines).strip("\n"))

    def _complain(self, error: DomainError, *, as_json: bool) -> None:
        details = [detail.as_json() for detail in error.details] or error.extra.get("details", [])
        if as_json:
            self.put_json({"error": str(error), "code": error.code, "details": details})
            return
        self.stderr.write(str(error))
        for detail in details:
            self.tell(f"  {_where(detail)}{detail.get('message') or _issues(detail)}")


def _where(detail: dict[str, Any]) -> str:
    row = f"row {detail['row']}: " if detail.get("row") else ""
    return row + (f"{detail['field']}: " if detail.get("field") else "")


def _issues(detail: dict[str, Any]) -> str:
    return " ".join(issue["message"] for issue in detail.get("issues", ()))


def add_verb(actions: Any, name: str, purpose: str, *, text: str = "") -> CommandParser:
    """Add a sub-command whose help teaches by example."""
    parser: CommandParser = actions.add_parser(
        name,
        help=purpose,
        description=purpose,
        epilog=text,
        formatter_class=Help,
    )
    parser.add_argument("--json", action="store_true", help="answer with JSON instead of text")
    return parser


def add_writing_verb(actions: Any, name: str, purpose: str, *, text: str = "") -> CommandParser:
    """Add a sub-command that changes something: it can be tried, and is noted as somebody's."""
    parser = add_verb(actions, name, purpose, text=text)
    parser.add_argument(
        "--as-user", default="console", metavar="NAME", help="who is noted as doing it"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would happen, change nothing"
    )
    return parser


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands, as a progress bar shows it."""

    state: str
    done: int
    total: int | None
    rate: float | None = None
    seconds_left: int | None = None
    succeeded: int | None = None
    unsuccessful: int | None = None
    note: str = ""
    is_over: bool = False
    # Why it does not go on by itself; empty if it does.
    halted: str = ""

    def __str__(self) -> str:
        of_total = f"/{self.total}" if self.total is not None else ""
        percent = f" {100 * self.done / self.total:.1f} %" if self.total else ""
        return " · ".join([f"{self.state} {self.done}{of_total}{percent}", *self.facts()])

    def facts(self) -> list[str]:
        """Return what is known beside the count."""
        facts = []
        if self.succeeded is not None:
            facts.append(f"{self.succeeded} succeeded")
        if self.unsuccessful:
            facts.append(f"{self.unsuccessful} not")
        if self.rate and not self.is_over:
            facts.append(f"{self.rate:.1f}/s")
        if self.seconds_left and not self.is_over:
            facts.append(f"{in_words(self.seconds_left)} left")
        if self.note or self.halted:
            facts.append(self.halted or self.note)
        return facts


def in_words(seconds: int) -> str:
    """Return a duration as people say it."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def watch(
    look: Callable[[], Standing],
    tell: Callable[[str], None],
    *,
    on_change: Callable[[Standing], None] | None = None,
) -> Standing:
    """
    Follow a job until it is over or stands still: a bar for a person, else a line every 2 s.

    :param on_change: hears every new standing instead of anything being shown
    """
    if on_change is not None:
        return _follow(look, on_change, LOOK_SECONDS)
    if not sys.stderr.isatty():
        return _follow(look, lambda standing: tell(str(standing)), LINE_SECONDS)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.fields[facts]}"),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("", total=None, facts="")

        def show(standing: Standing) -> None:
            bar.update(
                task,
                description=standing.state,
                completed=standing.done,
                total=standing.total,
                facts=" · ".join([f"{standing.done}/{standing.total}", *standing.facts()]),
            )

        return _follow(look, show, LOOK_SECONDS)


def _follow(
    look: Callable[[], Standing], show: Callable[[Standing], None], seconds: float
) -> Standing:
    last: Standing | None = None
    shown_at = 0.0
    while True:
        standing = look()
        is_last = standing.is_over or bool(standing.halted)
        if is_last or (standing != last and time.monotonic() - shown_at >= seconds):
            show(standing)
            last, shown_at = standing, time.monotonic()
        if is_last:
            return standing
        time.sleep(min(LOOK_SECONDS, seconds))


def ask_what_now() -> str:
    """Ask a person who pressed Ctrl-C: detach, cancel or watch on; elsewhere, detach."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "detach"
    sys.stderr.write("\nIt goes on by itself. [d]etach, [c]ancel it, or [w]atch on? ")
    sys.stderr.flush()
    try:
        answer = sys.stdin.readline().strip().lower()[:1]
    except KeyboardInterrupt:
        return "detach"
    return {"c": "cancel", "w": "watch"}.get(answer, "detach")

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.core.console import ConsoleCommand, Exit, Help
from apps.core.errors import Detail, Invalid
from apps.core.retention import Tally, rules
from apps.core.services.purge import OthersAtWork, Purge, purge

RATE = 20_000
EXAMPLES = """examples:
  manage.py purge --dry-run                       what would go, and how much room it takes
  manage.py purge                                 what the nightly run does
  manage.py purge --type results --older-than 7   make room: files older than a week
  manage.py purge --rate 1000                     at most 1,000 things a second

types, and for how long each is kept:
{types}

Open jobs, and files that one of them reads, are never touched; neither is a result before the time
that its job asked for. Files go before their rows: an interrupted run is finished by the next.

exit codes:
  0  all of it is gone (or counted)
  2  the input is not acceptable; nothing was done
  3  a backup or another purge is at work; what is gone by then stays gone
  4  the database is not reachable"""


class Command(ConsoleCommand):
    help = "Remove what has been kept for its time: jobs, results, uploads, generated rows, …"

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        lines = (f"  {rule.name:18}{_in_words(rule.age()):8}  {rule.about}" for rule in rules())
        text = EXAMPLES.format(types="\n".join(lines))
        return super().create_parser(*args, formatter_class=Help, epilog=text, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--type", action="append", metavar="TYPE", help="only this; may be repeated"
        )
        parser.add_argument(
            "--older-than", type=int, metavar="DAYS", help="instead of the usual age; needs --type"
        )
        parser.add_argument("--dry-run", action="store_true", help="count only, remove nothing")
        parser.add_argument(
            "--rate", type=int, default=RATE, metavar="N", help=f"at most so many a second ({RATE})"
        )
        parser.add_argument("--json", action="store_true", help="answer with JSON instead of text")

    def act(self, options: dict[str, Any]) -> Exit:
        days, rate = options["older_than"], options["rate"]
        _check(days, rate)
        last = {"name": ""}

        def tell(name: str, tally: Tally) -> None:
            if tally.count and (last["name"] != name or self.stderr.isatty()):
                last["name"] = name
                self.tell(f"{name}: {tally.count:,}")

        try:
            outcome = purge(
                now=timezone.now(),
                types=options["type"],
                older_than=None if days is None else timedelta(days=days),
                dry_run=options["dry_run"],
                rate=rate,
                tell=tell,
            )
        except OthersAtWork as error:
            self.tell(str(error))
            return Exit.JOB_FAILED
        self._show(outcome, as_json=options["json"])
        return Exit.OK

    def _show(self, outcome: Purge, *, as_json: bool) -> None:
        told = {
            name: {"count": tally.count, "bytes": tally.bytes}
            for name, tally in outcome.tallies.items()
        }
        if as_json:
            self.put_json({"dryRun": outcome.is_dry_run, "removed": told})
            return
        if not outcome.total.count:
            self.stdout.write("There is nothing whose time is over.")
            return
        verb = "would go" if outcome.is_dry_run else "went"
        self.put_table(
            ("type", f"#{verb}", "#bytes"),
            (
                (name, f"{tally.count:,}", f"{tally.bytes:,}")
                for name, tally in outcome.tallies.items()
                if tally.count
            ),
        )


def _check(days: int | None, rate: int) -> None:
    """
    Refuse numbers that make no sense.

    :raises Invalid: if one does not
    """
    for name, value in (("--older-than", days), ("--rate", rate)):
        if value is not None and value < 1:
            message = f"{name} must be at least 1."
            raise Invalid(message, details=[Detail(name, "out_of_range", message)])


def _in_words(age: timedelta) -> str:
    return f"{age.days} d" if age >= timedelta(days=2) else f"{age.total_seconds() / 3600:.0f} h"

"""
How fast orders are exported: `python -m bench.export`.

A million orders with all their columns, from the job's acceptance to its file, by one worker. As
CSV beside psycopg's `COPY (SELECT …) TO STDOUT` of the same columns into a file; as XLSX beside
bare xlsxwriter in constant memory, which gets its rows for nothing. Then the most memory that the
worker took for either.
"""

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

import tests.servers  # noqa: F401 - settings for this process

django.setup()

import xlsxwriter
from django.db import connection
from django.utils import timezone

from apps.jobs.exports.datasets import find_dataset
from apps.jobs.services.start_export import start_export
from bench.common import Timer, publish
from bench.desk import data
from bench.watching import peak_of, wait_for_job
from tests.factories.accounts import UserFactory
from tests.support.stack import CELERY, Stack

MEMORY_LIMIT = 300.0
LIKE_THESE = 1_000


def columns() -> str:
    """Return what the peers select: the data set's columns, as they are."""
    found = find_dataset("orders", UserFactory.build(operator=True)).columns
    return ", ".join(column.value.as_string(None) for column in found)


def copy_to_stdout(folder: Path) -> float:
    """Copy all rows into a file with psycopg; return the seconds."""
    query = f"COPY (SELECT {columns()} FROM orders o ORDER BY o.id) TO STDOUT"
    connection.ensure_connection()
    copying = connection.connection.cursor().copy(query)
    with Timer() as timer, (folder / "copied").open("wb") as file, copying as copy:
        for row in copy:
            file.write(row)
    return timer.seconds


def bare_xlsxwriter(folder: Path, rows: int) -> float:
    """Write as many rows as there are orders; return the seconds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns()} FROM orders o ORDER BY o.id LIMIT {LIKE_THESE}")
        known = [tuple(map(_bare, row)) for row in cursor.fetchall()]
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
    options |= {"strings_to_formulas": False, "strings_to_urls": False}
    with Timer() as timer, xlsxwriter.Workbook(str(folder / "bare.xlsx"), options) as book:
        sheet = book.add_worksheet()
        for number in range(rows):
            sheet.write_row(number, 0, known[number % LIKE_THESE])
    return timer.seconds


def _bare(value: object) -> object:
    moment = getattr(value, "astimezone", None)
    return moment(UTC).replace(tzinfo=None) if moment else value


class House:
    """The product with one worker process."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        options = ("-Q", "slices,quick", "-c", "1", "-l", "WARNING")
        quiet = ("--without-gossip", "--without-mingle")
        stack.run("worker", *CELERY, "worker", *options, *quiet)
        self._owner = UserFactory(operator=True)
        self.export("csv", limit=1_000)  # warm: imports, and a connection

    def export(self, form: str, **more: int) -> float:
        """Export the orders; return the seconds from its acceptance to its end."""
        document = {"source": {"kind": "dataset", "dataset": "orders"}, "format": form, **more}
        begun = time.perf_counter()
        job = start_export(document=document, owner=self._owner, now=timezone.now())
        wait_for_job(job)
        return time.perf_counter() - begun

    def peak_of(self, form: str) -> float:
        """Return the most MiB that one process of the worker took for all orders."""
        took, peak = peak_of(self._stack.processes["worker"].pid, lambda: self.export(form))
        print(f"  {form}: {took:.1f} s, peak {peak:.0f} MiB")
        return peak


def measure(rows: int, rounds: int, rounds_of_xlsx: int) -> dict[str, float]:
    """Return the median seconds of each contender, and the worker's peaks."""
    with tempfile.TemporaryDirectory(prefix="backroom-bench-") as name:
        home = Path(name)
        stack = Stack(home, DJANGO_SETTINGS_MODULE="config.settings.test", JOB_LEASE_SECONDS="30")
        try:
            stack.start()
            for name in ("worker", "beat"):  # a million new orders would be counted meanwhile
                stack.take_away(name)
            with stack.as_database():
                data.fill(rows)
                return _measure(House(stack), home, rows, rounds, rounds_of_xlsx)
        finally:
            stack.stop()


def _measure(
    house: House, home: Path, rows: int, rounds: int, rounds_of_xlsx: int
) -> dict[str, float]:
    contests = {
        "csv": (rounds, lambda: house.export("csv"), lambda: copy_to_stdout(home)),
        "xlsx": (
            rounds_of_xlsx,
            lambda: house.export("xlsx"),
            lambda: bare_xlsxwriter(home, rows),
        ),
    }
    found = {}
    for form, (count, ours, peers) in contests.items():
        taken: dict[str, list[float]] = {"ours": [], "peer's": []}
        for number in range(1, count + 1):
            for name, run in (("ours", ours), ("peer's", peers)):
                taken[name].append(run())
                print(f"  round {number}: {form} {name:7} {taken[name][-1]:7.2f} s", flush=True)
        found[form] = statistics.median(taken["ours"])
        found[f"{form} peer"] = statistics.median(taken["peer's"])
        found[f"{form} MiB"] = house.peak_of(form)
    return found


def main() -> None:
    """Measure, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rounds-of-xlsx", type=int, default=3)
    asked = parser.parse_args()
    rows = asked.rows
    found = measure(rows, asked.rounds, asked.rounds_of_xlsx)
    for form, peer, goal in (
        ("csv", "psycopg COPY TO STDOUT", 0.6),
        ("xlsx", "bare xlsxwriter, constant memory", 0.8),
    ):
        publish(
            f"export_{form}",
            value=rows / found[form],
            unit="rows/s",
            peer=peer,
            peer_value=rows / found[f"{form} peer"],
            ratio=found[f"{form} peer"] / found[form],
            goal=goal,
            rows=rows,
        )
    peak = max(found["csv MiB"], found["xlsx MiB"])
    publish(
        "export_memory",
        value=peak,
        unit="MiB",
        peer="limit",
        peer_value=MEMORY_LIMIT,
        ratio=MEMORY_LIMIT / peak,
        goal=1.0,
        rows=rows,
        csv=found["csv MiB"],
        xlsx=found["xlsx MiB"],
    )


if __name__ == "__main__":
    main()

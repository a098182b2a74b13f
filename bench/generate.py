"""
How fast data is made up: `python -m bench.generate`.

A million rows of eight fields as CSV. In one process against Faker row by row (timed on fewer
rows in the same run); then from the job's acceptance to its file with one worker and with two;
then the most memory that a worker takes for a million rows as CSV and as XLSX.
"""

import argparse
import csv
import io
import signal
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

import tests.servers  # noqa: F401 - settings for this process

django.setup()

from django.utils import timezone
from faker import Faker

from apps.jobs.services.generation_plan import Plan, plan_generation
from apps.jobs.services.start_generation import start_generation
from bench.common import Timer, interleave, publish
from bench.watching import peak_of, wait_for_job
from tests.factories.accounts import UserFactory
from tests.support.stack import CELERY, Stack

ROWS = 1_000_000
FAKER_ROWS = 5_000
TIERS, WEIGHTS = ["basic", "plus", "pro"], [70, 25, 5]
FIELDS = [
    {"name": "id", "type": "sequence"},
    {"name": "name", "type": "fullName"},
    {"name": "email", "type": "email"},
    {"name": "city", "type": "city"},
    {"name": "company", "type": "company"},
    {"name": "tier", "type": "choice", "values": TIERS, "weights": WEIGHTS},
    {"name": "joined", "type": "date", "min": "2021-01-01", "max": "2025-10-31"},
    {"name": "balance", "type": "decimal", "min": 0, "max": 5000},
]
HEADER = [field["name"] for field in FIELDS]
MEMORY_LIMIT = 300.0


def document(rows: int = ROWS, form: str = "csv") -> dict[str, object]:
    """Return the schema."""
    return {
        "name": "bench",
        "rows": rows,
        "seed": 7,
        "asOf": "2025-11-03",
        "fields": FIELDS,
        "store": "file",
        "format": form,
    }


def ours(plan: Plan) -> float:
    """Make all rows in this process; return rows a second."""
    dataset, sheet = plan.schema.datasets[0], plan.recipe.sheets[0]
    writer = plan.recipe.writer()
    with Timer() as timer, tempfile.TemporaryFile() as file:
        file.write(writer.head(sheet))
        for number in range(dataset.chunks):
            columns = dataset.chunk(number)
            file.write(writer.rows(sheet, list(columns.values()), number * dataset.chunk_rows))
    return dataset.rows / timer.seconds


def faker_row_by_row() -> float:
    """Make the same fields with Faker; return rows a second."""
    fake = Faker("en_US")
    fake.seed_instance(7)
    first, last = date(2021, 1, 1), date(2025, 10, 31)
    with Timer() as timer:
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(1, FAKER_ROWS + 1):
            writer.writerow(
                [
                    number,
                    fake.name(),
                    fake.email(),
                    fake.city(),
                    fake.company(),
                    fake.random.choices(TIERS, WEIGHTS)[0],
                    fake.date_between(first, last),
                    fake.pydecimal(min_value=0, max_value=5000, right_digits=2),
                ]
            )
    return FAKER_ROWS / timer.seconds


class House:
    """The product with a worker of so many processes."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self.count = stack, 0

    def employ(self, processes: int) -> None:
        """Have exactly so many worker processes."""
        if self.count:
            process = self._stack.processes.pop("worker")
            process.send_signal(signal.SIGTERM)
            process.wait()
        self.count = processes
        options = ("-Q", "slices,quick,default", "-c", str(processes), "-l", "WARNING")
        quiet = ("--without-gossip", "--without-mingle")
        self._stack.run("worker", *CELERY, "worker", *options, *quiet)
        self.make(2_000, "csv")  # warm: imports, and the lists of names

    def make(self, rows: int, form: str) -> float:
        """Make a file; return the seconds from its acceptance to its end."""
        owner = UserFactory(operator=True)
        begun = time.perf_counter()
        job = start_generation(document=document(rows, form), owner=owner, now=timezone.now()).job
        wait_for_job(job)
        return time.perf_counter() - begun

    def peak_of(self, form: str) -> float:
        """Return the most MiB that one process of the worker took while making a million rows."""
        took, peak = peak_of(self._stack.processes["worker"].pid, lambda: self.make(ROWS, form))
        print(f"  {form}: {took:.1f} s, peak {peak:.0f} MiB")
        return peak


def with_workers(rounds: int) -> dict[str, float]:
    """Return seconds with one worker and with two, and the peaks of memory."""
    with tempfile.TemporaryDirectory(prefix="backroom-bench-") as home:
        stack = Stack(Path(home), DJANGO_SETTINGS_MODULE="config.settings.test")
        stack.extra_env |= {"JOB_LEASE_SECONDS": "30"}
        try:
            stack.start()
            stack.take_away("worker")
            with stack.as_database():
                return _measure(House(stack), rounds)
        finally:
            stack.stop()


def _measure(house: House, rounds: int) -> dict[str, float]:
    taken: dict[int, list[float]] = {1: [], 2: []}
    for number in range(rounds):
        for processes in (1, 2):
            house.employ(processes)
            taken[processes].append(house.make(ROWS, "csv"))
            print(f"  round {number + 1}: {processes} worker(s) {taken[processes][-1]:6.2f} s")
    return {
        "one": statistics.median(taken[1]),
        "two": statistics.median(taken[2]),
        "csv": house.peak_of("csv"),
        "xlsx": house.peak_of("xlsx"),
    }


def main() -> None:
    """Measure, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    plan = plan_generation(document(), now=datetime(2025, 11, 3, tzinfo=UTC))
    rates = interleave(
        {"one process": lambda: ours(plan), "Faker row by row": faker_row_by_row}, rounds=rounds
    )
    found = with_workers(rounds)
    publish(
        "generate",
        value=rates["one process"],
        unit="rows/s",
        peer="Faker row by row",
        peer_value=rates["Faker row by row"],
        ratio=rates["one process"] / rates["Faker row by row"],
        goal=20.0,
    )
    publish(
        "generate_two_workers",
        value=found["two"],
        unit="s",
        peer="one worker",
        peer_value=found["one"],
        ratio=found["one"] / found["two"],
        goal=1.7,
    )
    peak = max(found["csv"], found["xlsx"])
    publish(
        "generate_memory",
        value=peak,
        unit="MiB",
        peer="limit",
        peer_value=MEMORY_LIMIT,
        ratio=MEMORY_LIMIT / peak,
        goal=1.0,
        csv=found["csv"],
        xlsx=found["xlsx"],
    )


if __name__ == "__main__":
    main()

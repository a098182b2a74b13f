"""
What a large job means to others: `python -m bench.beside_a_large_job`.

While a million rows are being made by two workers: how long a job of 100 rows takes from its
acceptance to its file, the slowest of twenty; then how long the large one takes to stop when it is
cancelled, its files included, the slowest of five.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

import tests.servers  # noqa: F401 - settings for this process

django.setup()

from django.utils import timezone

from apps.accounts.models import User
from apps.jobs.models import GenerationPart, Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.start_generation import start_generation
from bench.common import publish
from bench.generate import ROWS, document
from tests.factories.accounts import UserFactory
from tests.support.stack import Stack, wait_for

FEW = 100
SMALL_LIMIT, CANCEL_LIMIT = 5.0, 2.0


def start(rows: int, owner: User) -> Job:
    """Accept a generation."""
    return start_generation(document=document(rows), owner=owner, now=timezone.now()).job


def large_under_way(owner: User) -> Job:
    """Accept a large generation, and wait until it is in full swing."""
    job = start(ROWS, owner)
    made = GenerationPart.objects.filter(job=job, done_at__isnull=False)
    wait_for(lambda: made.count() >= 3, seconds=120, what="its first parts")
    return job


def status_of(job: Job) -> str:
    """Return the job's status now."""
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


def seconds_of_small(owner: User) -> float:
    """Return the seconds from the acceptance of a small job to its file."""
    begun = time.perf_counter()
    job = start(FEW, owner)
    wait_for(lambda: status_of(job) == "completed", seconds=120, what="the end of the small job")
    return time.perf_counter() - begun


def seconds_to_stop(job: Job, stack: Stack) -> float:
    """Cancel a job; return the seconds until it has stopped and nothing of it is left."""
    media = stack.home / "var" / "media"
    folders = [media / kind / str(job.pk) for kind in ("parts", "results")]
    begun = time.perf_counter()
    cancel_job(job=job, actor="bench", now=timezone.now())

    def is_gone() -> bool:
        return status_of(job) == "failed" and not any(
            path for folder in folders for path in folder.glob("*")
        )

    wait_for(is_gone, seconds=120, what="the end of the cancelled job")
    return time.perf_counter() - begun


def measure(stack: Stack, smalls: int, stops: int) -> tuple[list[float], list[float]]:
    """Return what small jobs took beside a large one, and what stopping large ones took."""
    owner = UserFactory(operator=True)
    seconds_of_small(owner)  # warm: imports, and the lists of names
    large, taken, stopped = large_under_way(owner), list[float](), list[float]()
    while len(taken) < smalls:
        if status_of(large) != "in-progress":
            large = large_under_way(owner)
        taken.append(seconds_of_small(owner))
        print(f"  small {len(taken):2}: {taken[-1]:.3f} s")
    stopped.append(seconds_to_stop(large, stack))
    while len(stopped) < stops:
        stopped.append(seconds_to_stop(large_under_way(owner), stack))
    print("  stopped: " + ", ".join(f"{seconds:.3f} s" for seconds in stopped))
    return taken, stopped


def main() -> None:
    """Measure, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smalls", type=int, default=20)
    parser.add_argument("--stops", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="backroom-bench-") as home:
        stack = Stack(Path(home), DJANGO_SETTINGS_MODULE="config.settings.test")
        stack.extra_env |= {"JOB_LEASE_SECONDS": "30"}
        try:
            stack.start()
            with stack.as_database():
                taken, stopped = measure(stack, asked.smalls, asked.stops)
        finally:
            stack.stop()
    for name, found, limit in (
        ("small_beside_large", taken, SMALL_LIMIT),
        ("stop_large", stopped, CANCEL_LIMIT),
    ):
        publish(
            name,
            value=max(found),
            unit="s",
            peer="limit",
            peer_value=limit,
            ratio=limit / max(found),
            goal=1.0,
            median=sorted(found)[len(found) // 2],
        )


if __name__ == "__main__":
    main()

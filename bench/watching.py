"""What the measurements of jobs share: waiting for one to end, and its worker's memory."""

import threading
from collections.abc import Callable
from contextlib import suppress

import psutil

from apps.jobs.models import Job
from bench.common import MIB
from tests.support.stack import wait_for


def wait_for_job(job: Job) -> None:
    """Wait until the job is completed; end the run if it fails."""

    def is_over() -> bool:
        status = Job.objects.values_list("status", flat=True).get(pk=job.pk)
        if status == "failed":
            job.refresh_from_db()
            raise SystemExit(f"{job.error_code}: {job.error_message}")
        return status == "completed"

    # Each look takes the two cores' time, which the job could have used.
    wait_for(is_over, seconds=600, what="the end of the job", pause=0.05)


def peak_of(pid: int, run: Callable[[], float]) -> tuple[float, float]:
    """Return what `run` returns, and the most MiB that one process of the family took meanwhile."""
    root = psutil.Process(pid)
    peak, stop = [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            for process in [root, *root.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    peak[0] = max(peak[0], process.memory_info().rss / MIB)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        found = run()
    finally:
        stop.set()
        thread.join()
    return found, peak[0]

"""Who works, and on what: workers as they described themselves, and the leases in the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from apps.jobs.models import GenerationPart, Job, Worker


@dataclass
class Bench:
    """A worker, or a process that works without having introduced itself, and what it does."""

    name: str
    worker: Worker | None = None
    jobs: list[Job] = field(default_factory=list)
    helps: list[Job] = field(default_factory=list)
    state: str = "idle"

    @property
    def busy(self) -> int:
        """Return how many of its processes hold something."""
        return len(self.jobs) + len(self.helps)


def benches(now: datetime) -> list[Bench]:
    """Return everybody who works or could, the silent ones last."""
    found = [Bench(worker.name, worker) for worker in Worker.objects.all()]
    by_process = {name: bench for bench in found for name in _names(bench)}
    for holder, job in _leases():
        _bench_of(holder, by_process, found).jobs.append(job)
    for holder, job in _helps():
        _bench_of(holder, by_process, found).helps.append(job)
    for bench in found:
        bench.state = _state(bench, now)
    return sorted(found, key=lambda bench: (bench.state == "lost", bench.name))


def live_workers(now: datetime) -> list[Worker]:
    """Return the workers that were heard of lately and take jobs."""
    since = now - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    return list(Worker.objects.filter(seen_at__gte=since, leaving_at=None))


def _leases() -> Iterable[tuple[str, Job]]:
    held = Job.objects.open().filter(lease_until__gte=Now()).defer("params", "result_meta")
    return [(job.worker_id, job) for job in held.order_by("started_at")[:200]]


def _helps() -> Iterable[tuple[str, Job]]:
    taken = GenerationPart.objects.filter(taken_until__gte=Now(), done_at=None)
    parts = taken.select_related("job").defer("job__params").order_by("pk")[:200]
    # The job's own worker makes parts, too; that is no help.
    return [(part.taken_by, part.job) for part in parts if part.taken_by != part.job.worker_id]


def _names(bench: Bench) -> list[str]:
    return list(bench.worker.process_ids) if bench.worker else []


def _bench_of(holder: str, by_process: dict[str, Bench], found: list[Bench]) -> Bench:
    if holder not in by_process:
        by_process[holder] = Bench(holder or "unknown")
        found.append(by_process[holder])
    return by_process[holder]


def _state(bench: Bench, now: datetime) -> str:
    worker = bench.worker
    if worker is not None:
        if (now - worker.seen_at).total_seconds() > settings.WORKER_SILENT_SECONDS:
            return "lost"
        if worker.leaving_at is not None:
            return "leaving"
    return "busy" if bench.busy else "idle"

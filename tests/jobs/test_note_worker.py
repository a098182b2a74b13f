"""What workers say of themselves, and what is noted of tasks of the timetable."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.jobs.heartbeat import Heartbeat
from apps.jobs.models import PeriodicRun, Worker
from apps.jobs.services.note_periodic_run import note_periodic_run
from apps.jobs.timetable import timetable
from apps.jobs.workers import benches, live_workers
from tests.factories.jobs import JobFactory
from tests.jobs.world import until

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_a_worker_is_listed_from_its_start_to_its_good_bye(settings):
    settings.WORKER_HEARTBEAT_SECONDS = 0.05
    heartbeat = Heartbeat("slices@here", queues=["slices"], processes=2, pids=lambda: [8, 9])

    heartbeat.start()
    until(lambda: Worker.objects.exists(), seconds=30)
    first = Worker.objects.get().seen_at
    until(lambda: Worker.objects.get().seen_at > first, seconds=30)
    heartbeat.leave()
    until(lambda: Worker.objects.get().leaving_at is not None, seconds=30)

    assert live_workers(timezone.now()) == []
    heartbeat.stop()
    assert not Worker.objects.exists()


def test_a_worker_that_is_silent_is_lost_and_one_from_long_ago_forgotten(settings):
    for name, age in (("old", timedelta(days=2)), ("lost", timedelta(minutes=2)), ("here", None)):
        Worker.objects.create(
            name=name, host="h", pid=1, version="1", processes=1, started_at=NOON,
            queues=["slices"], seen_at=timezone.now() - (age or timedelta()),
        )  # fmt: skip

    states = {bench.name: bench.state for bench in benches(timezone.now())}

    assert states == {"here": "idle", "lost": "lost", "old": "lost"}
    assert [worker.name for worker in live_workers(timezone.now())] == ["here"]
    heartbeat = Heartbeat("here", queues=["slices"], processes=1, pids=list)
    heartbeat._note()
    assert set(Worker.objects.values_list("name", flat=True)) == {"here", "lost"}


def test_a_worker_with_a_name_of_its_own_holds_leases_under_it(settings):
    settings.WORKER_ID = "worker-3"
    Heartbeat("slices@here", queues=["slices"], processes=1, pids=lambda: [8])._note()
    job = JobFactory(running=True, worker_id="worker-3")

    (bench,) = benches(timezone.now())

    assert (bench.state, bench.jobs) == ("busy", [job])


def note(**values):
    usual = {
        "task": "ops.pulse",
        "kwargs": {"queue": "quick"},
        "began_at": NOON,
        "now": NOON + timedelta(milliseconds=12),
        "worker": "default@here",
        "error": "",
    }
    note_periodic_run(**usual | values)


def entry(name, now):
    return next(each for each in timetable(now) if each.name == name)


def test_the_timetable_tells_how_it_went_and_when_it_goes_on():
    note()

    pulse = entry("pulse-quick", NOON)

    assert (pulse.run.took_ms, pulse.run.error) == (12, "")
    assert pulse.next_at == NOON + timedelta(seconds=15)
    assert not pulse.is_late
    assert entry("pulse-quick", NOON + timedelta(minutes=2)).is_late
    assert entry("pulse-slices", NOON).run is None


def test_failures_in_a_row_are_counted_until_one_goes_well():
    note(error="KeyError")
    note(error="KeyError")
    assert PeriodicRun.objects.get().failed_in_a_row == 2

    note()

    run = PeriodicRun.objects.get()
    assert (run.failed_in_a_row, run.error) == (0, "")


def test_a_task_that_is_not_in_the_timetable_is_not_noted():
    note(kwargs={"queue": "elsewhere"})
    note(task="jobs.run_slice", kwargs={"job_id": "1"})

    assert not PeriodicRun.objects.exists()

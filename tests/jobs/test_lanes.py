"""Jobs of one lane run one at a time, and each gets its turn."""

import random
import threading
import time

import pytest
from django.db import IntegrityError, transaction

from apps.jobs.models import Job
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.sweep_jobs import sweep_jobs
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobStatus
from tests.factories.jobs import JobFactory
from tests.jobs.world import announced, at_once, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_jobs_of_a_lane_are_never_in_hand_at_once(handler):
    jobs = [JobFactory(lane="march") for _ in range(6)]
    in_hand, most, lock, turns = 0, 0, threading.Lock(), dict.fromkeys((j.pk for j in jobs), 3)

    def work_a_little(work: Slice) -> None:
        nonlocal in_hand, most
        with lock:
            in_hand += 1
            most = max(most, in_hand)
        time.sleep(0.002)
        with lock:
            in_hand -= 1
            turns[work.job.pk] -= 1
        if turns[work.job.pk]:
            work.again()
        else:
            work.finish()

    def take_whatever(number: int) -> None:
        chance = random.Random(number)
        end = time.monotonic() + 60
        while any(turns.values()) and time.monotonic() < end:
            run_slice(job_id=chance.choice(jobs).pk)

    handler.act = work_a_little
    at_once(8, take_whatever)

    assert most == 1
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.COMPLETED}


def test_the_database_itself_refuses_a_second_lease_in_a_lane():
    JobFactory(lane="march", running=True)

    with pytest.raises(IntegrityError, match="job_one_lease_a_lane"), transaction.atomic():
        JobFactory(lane="march", running=True)


def test_lanes_do_not_wait_for_each_other():
    march, april = JobFactory(lane="march"), JobFactory(lane="april")
    without, another = JobFactory(), JobFactory()

    assert all(claim_job(job.pk) for job in (march, april, without, another))


ENDS = {
    "finished": lambda work: work.finish(),
    "failed": lambda work: work.fail(code="internal", message="It broke."),
    "paused": lambda work: work.pause("user"),
    "given back": lambda work: work.again(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_next_of_the_lane_is_woken(end):
    first, second, third = [JobFactory(lane="march") for _ in range(3)]
    JobFactory(lane="april")
    work = Slice(claim_job(first.pk))

    end(work)

    assert announced()[0] == str(second.pk)
    assert str(third.pk) not in announced()


def test_a_job_that_gives_way_is_woken_by_whom_it_let_pass():
    long, short = JobFactory(lane="march"), JobFactory(lane="march")

    Slice(claim_job(long.pk)).again()
    assert announced() == [str(short.pk)]

    Slice(claim_job(short.pk)).again()
    assert announced() == [str(short.pk), str(long.pk)]


def test_a_waiting_job_shortens_the_slice_of_its_lane(settings, short_lease):
    settings.JOB_SLICE_SECONDS = 12
    long, waiting = JobFactory(lane="march"), JobFactory(lane="march", paused=True)
    begun = time.monotonic()

    with Slice(claim_job(long.pk)) as work:
        until(lambda: time.monotonic() - begun > 0.4)
        assert not work.is_over()

        Job.objects.filter(pk=waiting.pk).update(paused_at=None)

        until(work.is_over, seconds=10)  # a tenth of the slice, and not all of it


def test_jobs_of_a_lane_take_turns(handler, settings):
    settings.JOB_SLICE_SECONDS = 0
    first, second = JobFactory(lane="march"), JobFactory(lane="march")
    order = []

    def one_turn(work: Slice) -> None:
        order.append(work.job.pk)
        work.again()

    handler.act = one_turn
    run_slice(job_id=first.pk)
    for turn in range(5):
        run_slice(job_id=announced()[turn])

    assert order == [first.pk, second.pk] * 3


def test_the_sweep_does_not_wake_who_has_to_wait_for_a_living_worker():
    JobFactory(lane="march", running=True)
    JobFactory(lane="march")
    free = JobFactory(lane="april")

    sweep_jobs()

    assert announced() == [str(free.pk)]


def test_a_lane_whose_worker_died_goes_on_with_the_same_job():
    crashed, waiting = JobFactory(lane="march", crashed=True), JobFactory(lane="march")

    sweep_jobs()

    assert set(announced()) == {str(crashed.pk), str(waiting.pk)}
    assert claim_job(waiting.pk) is None
    assert claim_job(crashed.pk)

"""The count itself: exact, given back in time, and never open when Redis is away."""

import math
import statistics
import time
import uuid

import pytest
from django.conf import settings
from redis import Redis

from apps.core.limits import Limit, charge, command, headers, verdict_of
from apps.core.limits.gcra import SCRIPT
from apps.core.limits.limiter import PATIENCE, Limiter
from apps.core.limits.local import MOST_CALLERS, PART, LocalCount
from tests.core.limits_world import TEN, charges, crowd, processes
from tests.support.valkey import own_valkey


@pytest.fixture
def subject() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def redis():
    with Redis.from_url(settings.REDIS_URL) as client:
        yield client


def test_sixty_four_threads_get_exactly_the_limit(subject):
    assert crowd(charges(settings.REDIS_URL, subject), threads=64, times=5) == TEN.calls


def test_processes_share_one_count(subject):
    assert processes(settings.REDIS_URL, subject, count=2) == TEN.calls


def test_each_verdict_says_what_is_left(subject):
    verdicts = [charge(subject, TEN) for _ in range(12)]

    assert [verdict.allowed for verdict in verdicts] == [True] * 10 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [*range(9, -1, -1), 0, 0]
    assert {verdict.limit for verdict in verdicts} == {10}
    assert verdicts[0].reset_after == pytest.approx(360, abs=1)
    assert verdicts[9].reset_after == pytest.approx(3600, abs=2)
    assert 355 <= verdicts[10].retry_after <= 360
    assert verdicts[0].retry_after == 0


def test_a_call_is_given_back_after_its_share_of_the_time(subject):
    fast = Limit("test", 100, 1)
    while charge(subject, fast).allowed:
        pass

    time.sleep(0.05)

    given_back = sum(charge(subject, fast).allowed for _ in range(20))
    assert 5 <= given_back < 20


def test_callers_and_limits_are_counted_apart(subject):
    one, other = Limit("one", 1, 60), Limit("other", 1, 60)

    assert charge(subject, one).allowed
    assert not charge(subject, one).allowed
    assert charge(subject, other).allowed
    assert charge(uuid.uuid4().hex, one).allowed


def test_the_count_is_forgotten_when_it_tells_nothing_any_more(subject, redis):
    charge(subject, TEN)

    left = redis.pttl(f"limit:test:{subject}")

    assert 359_000 <= left <= 360_000


def test_a_clock_that_was_set_back_locks_out_for_the_limits_own_time_at_most(subject, redis):
    redis.set(f"limit:test:{subject}", int((time.time() + 86_400) * 1_000_000))

    assert charge(subject, TEN).retry_after <= 360


@pytest.mark.parametrize("calls", [1, 7, 600])
def test_a_limit_that_does_not_divide_the_time_is_kept_all_the_same(subject, calls, redis):
    limit = Limit("odd", calls, 60)
    charge(subject, limit)
    redis.set(f"limit:odd:{subject}", int(time.time() * 1_000_000) + limit.all - limit.share // 2)

    assert limit.all // limit.share == calls
    assert limit.all <= 60_000_000
    assert not charge(subject, limit).allowed


def test_the_command_fits_into_a_pipeline_of_others(subject, redis):
    redis.script_load(SCRIPT)
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.execute_command(*command(subject, TEN))
        pipeline.get("something-else")
        reply, _ = pipeline.execute()

    verdict = verdict_of(reply)

    assert (verdict.allowed, verdict.limit, verdict.remaining) == (True, 10, 9)


def test_the_headers_name_the_end_of_the_window(subject):
    limit = Limit("test", 2, 60)
    first, second, third = (charge(subject, limit) for _ in range(3))

    assert headers(first)["X-RateLimit-Limit"] == "2"
    assert headers(first)["X-RateLimit-Remaining"] == "1"
    assert abs(int(headers(second)["X-RateLimit-Reset"]) - math.ceil(time.time() + 60)) <= 1
    assert "Retry-After" not in headers(second)
    assert headers(third)["Retry-After"] in ("29", "30")


def test_a_redis_that_was_started_anew_is_taught_the_script(tmp_path, subject):
    with own_valkey(tmp_path / "valkey") as valkey:
        limiter = Limiter(valkey.url)
        assert limiter.charge(subject, TEN).remaining == 9
        valkey.client.script_flush()

        assert limiter.charge(subject, TEN).remaining == 8


def test_without_redis_each_process_allows_a_part_and_no_more(subject):
    limiter = Limiter("redis://127.0.0.1:9/0")
    hundred = Limit("test", 100, 3600)

    def call() -> bool:
        return limiter.charge(subject, hundred).allowed

    assert crowd(call, threads=64, times=5) == 100 // PART


def test_a_redis_that_hangs_costs_two_callers_a_moment_and_the_others_nothing(tmp_path, subject):
    with own_valkey(tmp_path / "valkey") as valkey:
        limiter = Limiter(valkey.url)
        limiter.charge(subject, TEN)
        with valkey.frozen():
            taken = [_seconds(lambda: limiter.charge(subject, TEN)) for _ in range(12)]

    assert all(seconds >= PATIENCE for seconds in taken[:2])
    assert statistics.median(taken[2:]) < PATIENCE  # whoever asked would wait as long as the two
    assert not limiter.charge(subject, TEN).allowed


def test_the_shared_count_is_used_again_when_redis_is_back(tmp_path, subject):
    with own_valkey(tmp_path / "valkey") as valkey:
        limiter = Limiter(valkey.url)
        limiter._breaker._pause = 0.2
        with valkey.frozen():
            verdicts = [limiter.charge(subject, TEN) for _ in range(4)]
        assert {verdict.limit for verdict in verdicts} == {10 // PART}
        time.sleep(0.25)

        assert limiter.charge(subject, TEN).limit == 10


def test_what_a_process_remembers_by_itself_has_a_bound():
    local = LocalCount()
    for number in range(MOST_CALLERS + 50):
        local.charge(str(number), TEN)

    assert len(local._full_at) == MOST_CALLERS


def _seconds(call) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started

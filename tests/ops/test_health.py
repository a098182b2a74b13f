import time
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.ops.models import QueuePulse
from apps.ops.services import probing
from apps.ops.services.check_health import prober
from apps.ops.services.record_pulse import record_pulse
from tests.support.valkey import own_valkey

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Let no busy machine look like a server that hangs; return what shortens it."""

    def wait_for_probes(seconds):
        monkeypatch.setattr(probing, "BUDGET_SECONDS", seconds)

    wait_for_probes(30)
    return wait_for_probes


@pytest.fixture
def redis(settings, tmp_path):
    with own_valkey(tmp_path / "valkey") as server:
        settings.REDIS_URL = settings.CELERY_BROKER_URL = server.url
        yield server


@pytest.fixture
def _working_worker(transactional_db):
    record_pulse(queue="default", worker="one@shop")


def took(act):
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


@pytest.mark.usefixtures("_working_worker")
def test_strangers_learn_the_state_and_nothing_else(anonymous_api):
    response = anonymous_api.get("/api/health")

    assert response.status_code == 200
    assert set(response.json()) == {"status", "timestamp", "version"}
    assert response.json()["status"] == "healthy"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("_working_worker")
def test_admins_see_every_part(admin_api):
    body = admin_api.get("/api/health").json()

    assert set(body["checks"]) == {
        *("database", "redis", "broker", "outbox", "workers", "storage", "memory")
    }
    assert body["checks"]["database"]["status"] == "healthy"
    assert body["checks"]["database"]["responseTime"] > 0
    assert body["checks"]["workers"]["queues"][0]["worker"] == "one@shop"
    assert body["checks"]["memory"]["usage"]["rss"] > 10_000_000


def test_operators_see_no_more_than_strangers(operator_api):
    assert "checks" not in operator_api.get("/api/health").json()


def test_an_expired_token_does_not_hide_the_state(anonymous_api):
    response = anonymous_api.get("/api/health", headers={"Authorization": "Bearer old"})

    assert response.status_code == 200


def test_without_redis_we_are_degraded_and_still_serve(settings, admin_api):
    settings.REDIS_URL = settings.CELERY_BROKER_URL = NOWHERE

    response = admin_api.get("/api/health")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["redis"] == {"status": "degraded", "error": "not reachable"}


@pytest.mark.parametrize(
    ("minutes", "state", "code"),
    [(1, "healthy", 200), (3, "degraded", 200), (11, "unhealthy", 503)],
)
@pytest.mark.usefixtures("_working_worker")
def test_unsent_work_counts_by_its_age(anonymous_api, minutes, state, code):
    due = timezone.now() - timedelta(minutes=minutes)
    OutboxMessage.objects.create(task="core.tidy", due_at=due)

    response = anonymous_api.get("/api/health")

    assert (response.json()["status"], response.status_code) == (state, code)


@pytest.mark.parametrize(
    ("minutes", "state", "code"),
    [(1, "healthy", 200), (3, "degraded", 200), (11, "unhealthy", 503)],
)
def test_silent_workers_count_by_their_silence(anonymous_api, minutes, state, code):
    seen = timezone.now() - timedelta(minutes=minutes)
    QueuePulse.objects.create(queue="default", worker="one@shop", seen_at=seen)

    response = anonymous_api.get("/api/health")

    assert (response.json()["status"], response.status_code) == (state, code)


def test_a_pulse_is_moved_on_not_doubled():
    record_pulse(queue="default", worker="one@shop")
    record_pulse(queue="default", worker="two@shop")

    assert [pulse.worker for pulse in QueuePulse.objects.all()] == ["two@shop"]


@pytest.mark.parametrize("path", ["/api/health/live", "/health/live", "/healthz", "/healthz/"])
def test_life_is_told_without_asking_anybody(
    anonymous_api, django_assert_num_queries, settings, path
):
    settings.REDIS_URL = settings.CELERY_BROKER_URL = NOWHERE

    with django_assert_num_queries(0):
        response = anonymous_api.get(path)

    assert response.status_code == 200
    assert response.json()["status"] == "alive"


@pytest.mark.parametrize("path", ["/api/health/ready", "/health/ready", "/readyz"])
def test_ready_when_database_and_broker_answer(anonymous_api, path):
    response = anonymous_api.get(path, headers={"Accept": "text/plain"})

    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "broker": "ok"}


def test_not_ready_without_a_broker(settings, anonymous_api):
    settings.CELERY_BROKER_URL = NOWHERE

    response = anonymous_api.get("/api/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["broker"] == "failing"


def test_not_ready_before_all_migrations_are_applied(anonymous_api):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = 'away' WHERE app = 'ops'")
    try:
        response = anonymous_api.get("/api/health/ready")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE django_migrations SET app = 'ops' WHERE app = 'away'")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "failing", "broker": "ok"}


def test_an_answer_is_kept_for_a_while(settings, anonymous_api, monkeypatch):
    monkeypatch.setattr(probing, "FRESH_SECONDS", 600)  # two, but this machine may be busy
    anonymous_api.get("/api/health/ready")
    settings.CELERY_BROKER_URL = NOWHERE

    assert anonymous_api.get("/api/health/ready").status_code == 200


@pytest.mark.parametrize(("path", "code"), [("/api/health", 200), ("/api/health/ready", 503)])
def test_a_frozen_redis_does_not_freeze_us(redis, anonymous_api, patience, path, code):
    anonymous_api.get("/api/health/live")
    patience(1)
    with redis.frozen():
        first = took(lambda: anonymous_api.get(path))
        second = took(lambda: anonymous_api.get(path))
        response = anonymous_api.get(path)

    assert response.status_code == code
    assert max(first, second) < 30  # it stays frozen for as long as we wait


def test_a_frozen_redis_is_noticed_and_forgiven(redis, anonymous_api, patience):
    patience(1)
    with redis.frozen():
        assert anonymous_api.get("/api/health/ready").status_code == 503
    prober.forget()
    patience(30)

    assert anonymous_api.get("/api/health/ready").status_code == 200


def test_health_in_a_browser_is_json_too(anonymous_api):
    response = anonymous_api.get("/api/health", headers={"Accept": "text/html"})

    assert response["Content-Type"] == "application/json"


@pytest.mark.usefixtures("_working_worker")
def test_the_root_names_the_service(anonymous_api):
    body = anonymous_api.get("/").json()

    assert body | {"time": ""} == {
        "service": "backroom",
        "version": configured.SERVICE_VERSION,
        "status": "ok",
        "checks": {"database": "ok", "redis": "ok"},
        "time": "",
    }


def test_the_root_says_what_is_failing(settings, anonymous_api):
    settings.REDIS_URL = NOWHERE

    response = anonymous_api.get("/")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"] == {"database": "ok", "redis": "failing"}


def test_a_browser_at_the_root_is_sent_to_the_staff_pages(anonymous_api):
    response = anonymous_api.get("/", headers={"Accept": "text/html,application/xhtml+xml"})

    assert response.status_code == 302
    assert response["Location"] == "/admin/"

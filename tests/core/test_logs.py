import io
import json
import logging

import pytest
import structlog
from django.conf import settings as configured

from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a91"


@pytest.fixture
def log():
    """Return a function that reads what the configured handler has written so far, as events."""
    stream = io.StringIO()
    (handler,) = [
        handler for handler in logging.getLogger().handlers if handler.get_name() == "stdout"
    ]
    root, former = logging.getLogger(), handler.setStream(stream)
    level = root.level
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.setLevel(level)
    handler.setStream(former)


def access(events):
    (event,) = [event for event in events if event["event"] == "request_finished"]
    return event


def test_each_request_leaves_one_line_of_json(log, viewer_api):
    viewer_api.get("/api/metrics/prometheus", headers={"X-Request-ID": "req_mine"})

    event = access(log())
    assert event["method"] == "GET"
    assert event["path"] == "/api/metrics/prometheus"
    assert event["status"] == 200
    assert event["duration_ms"] > 0
    assert event["request_id"] == "req_mine"
    assert event["user_id"] == str(viewer_api.user.pk)
    assert event["ip"] == "127.0.0.1"
    assert event["level"] == "info"


def test_a_forged_request_id_is_replaced(log, anonymous_api):
    response = anonymous_api.get("/healthz", headers={"X-Request-ID": 'x" or {"a":1}'})

    event = access(log())
    assert event["request_id"] == response["X-Request-ID"]
    assert event["request_id"].startswith("req_")


def test_the_path_is_the_template_and_the_query_is_not_shown(log, anonymous_api):
    anonymous_api.get(f"/nowhere/{CANARY}?token={CANARY}")

    assert access(log())["path"] == "(unknown)"
    assert CANARY not in json.dumps(log())


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {CANARY}"},
        {"Authorization": f"Bearer brk_{CANARY}"},
        {"Cookie": f"sessionid={CANARY}"},
        {"X-Api-Key": CANARY},
    ],
)
def test_headers_do_not_reach_the_log(log, anonymous_api, headers):
    anonymous_api.get("/api/schema", headers=headers)

    assert access(log())["status"] == 401
    assert CANARY not in json.dumps(log())


def test_passwords_do_not_reach_the_log(log, anonymous_api, client):
    user = UserFactory(staff=True)

    anonymous_api.post("/api/login", {"username": user.username, "password": CANARY}, "json")
    client.post("/admin/login/", {"username": user.username, "password": CANARY})
    client.post("/admin/login/", {"username": user.username, "password": PASSWORD})

    assert len([event for event in log() if event["event"] == "request_finished"]) == 3
    assert CANARY not in json.dumps(log())
    assert PASSWORD not in json.dumps(log())


def test_a_crash_is_logged_once_with_its_request(log, client, settings):
    client.raise_request_exception = False
    settings.ROOT_URLCONF = "tests.core.crashing_urls"

    response = client.get(f"/crash/{CANARY}")

    (crash,) = [event for event in log() if event["level"] == "error"]
    assert response.status_code == 500
    assert crash["event"] == "request_failed"
    assert crash["path"] == "/crash/<str:secret>"
    assert "ZeroDivisionError" in crash["exception"]
    assert crash["request_id"] == response["X-Request-ID"]
    assert CANARY not in json.dumps(log())


def test_secrets_are_blanked_by_name_and_by_looks(log):
    logger = logging.getLogger("apps.shop")
    error = LookupError(f"sent Authorization: Bearer {CANARY} to redis://me:{CANARY}@host/0")
    logger.error("call failed with key brk_%s", CANARY, exc_info=error)

    structlog.get_logger("apps.shop").warning(
        "session.opened",
        credentials={"password": CANARY, "user": "me"},
        clientSecret=CANARY,
        steps=[{"access_token": CANARY}],
    )

    assert len(log()) == 2
    assert CANARY not in json.dumps(log())
    assert log()[1]["credentials"] == {"password": "[redacted]", "user": "me"}


def test_logs_are_json_unless_somebody_asks_for_text():
    assert configured.LOG_FORMAT == "json"

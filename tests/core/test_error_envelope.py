"""Whatever goes wrong, the caller reads the same body (design.md 1.5)."""

import gzip
import json
import re

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from tests.core.failing_urls import SECRET
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.urls("tests.core.failing_urls")
KEYS = {"message", "error", "code", "details", "requestId"}
LEAKS = re.compile(rf"{SECRET}|Traceback|\.py|psycopg|host=|<html|RuntimeError", re.IGNORECASE)


@pytest.fixture
def stranger():
    return APIClient(raise_request_exception=False)


def assert_envelope(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert set(body) >= KEYS
    assert body["message"] == body["error"]
    assert body["message"]
    assert body["code"] == code
    assert body["requestId"] == response["X-Request-ID"]
    assert not LEAKS.search(response.content.decode())
    return body


def test_404_of_an_unknown_address(stranger):
    assert_envelope(stranger.get("/api/no/such/thing"), 404, "not_found")


def test_404_does_not_repeat_the_address(stranger):
    response = stranger.get("/api/%3Cscript%3Ealert(1)%3C/script%3E")

    assert "script" not in response.content.decode()


def test_the_caller_s_request_id_is_kept_and_a_dangerous_one_replaced(stranger):
    kept = stranger.get("/nothing", headers={"X-Request-ID": "till-3.42"})
    replaced = stranger.get("/nothing", headers={"X-Request-ID": "a\nb <script>"})

    assert kept.json()["requestId"] == kept["X-Request-ID"] == "till-3.42"
    assert replaced["X-Request-ID"].startswith("req_")


@pytest.mark.django_db
def test_401_without_a_token(stranger):
    body = assert_envelope(stranger.get("/test/echo"), 401, "not_authenticated")

    assert body["error"] == "No token provided"


@pytest.mark.django_db
def test_401_with_a_wrong_one(stranger):
    response = stranger.get("/test/echo", headers={"Authorization": "Bearer nonsense"})

    assert assert_envelope(response, 401, "invalid_token")["error"] == "Invalid token"
    assert response["WWW-Authenticate"] == "Bearer"


def test_403_of_the_wrong_role(viewer_api):
    assert_envelope(viewer_api.post("/test/echo", {}, "json"), 403, "forbidden")


def test_405_names_what_is_allowed(operator_api):
    response = operator_api.delete("/test/echo")

    assert_envelope(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_406(viewer_api):
    response = viewer_api.get("/test/echo", headers={"Accept": "text/csv"})

    assert_envelope(response, 406, "not_acceptable")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data"])
def test_415(stranger, kind):
    response = stranger.post("/test/open-echo", data=b"a=1", content_type=kind)

    assert_envelope(response, 415, "unsupported_media_type")


def test_415_of_an_unknown_encoding(stranger):
    response = stranger.post(
        "/test/open-echo",
        data=b"{}",
        content_type="application/json",
        headers={"Content-Encoding": "br"},
    )

    assert_envelope(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1,]", b"\xff", b"NaN", b'"\\ud800"', b"[" * 100_000, b"{'a': 1}", b"1e999999"],
)
def test_400_of_malformed_json(stranger, body):
    response = stranger.post("/test/open-echo", data=body, content_type="application/json")

    if body:
        assert_envelope(response, 400, "malformed_json")
    else:
        assert response.status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b'{"a": 1}', mtime=0)[:12], b""],
    ids=["no gzip", "cut short", "nothing"],
)
def test_400_of_broken_gzip(stranger, body):
    response = gzipped(stranger, body or b"\x1f\x8b")

    assert_envelope(response, 400, "malformed_json")


def gzipped(client, body):
    return client.post(
        "/test/open-echo",
        data=body,
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )


def test_a_gzipped_body_is_understood(stranger):
    assert gzipped(stranger, gzip.compress(b'{"a": 1}')).json() == {"data": {"a": 1}}


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 30 * 1024 * 1024])
def test_413_of_an_oversized_body(stranger, size):
    body = b'"' + b"a" * (size - 2) + b'"'

    response = stranger.post("/test/open-echo", data=body, content_type="application/json")

    assert_envelope(response, 413, "payload_too_large")


def test_413_of_a_gzip_bomb(stranger):
    bomb = gzip.compress(b"0" * 50_000_000)

    assert_envelope(gzipped(stranger, bomb), 413, "payload_too_large")


def test_413_of_an_oversized_form(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = Client().post("/test/plain-form", {"a": "a" * 2000}, headers={"Accept": "*/*"})
    plain = Client().post(
        "/test/plain-form", "a=" + "a" * 2000, content_type="application/x-www-form-urlencoded"
    )

    assert_envelope(response, 413, "payload_too_large")
    assert_envelope(plain, 413, "payload_too_large")


@pytest.mark.parametrize("address", ["crash", "unprintable", "plain-crash"])
def test_500_tells_nothing_and_the_log_tells_all(stranger, caplog, address):
    response = stranger.get(f"/test/{address}")

    assert_envelope(response, 500, "internal_error")
    assert response.json()["requestId"] in caplog.text
    assert "Traceback" in caplog.text


def test_400_of_a_foreign_host(stranger, settings):
    settings.ALLOWED_HOSTS = ["backroom.example"]

    response = stranger.get("/test/open-echo", headers={"Host": "evil.example"})

    assert_envelope(response, 400, "malformed_request")
    assert "evil" not in response.content.decode()


@pytest.mark.django_db
def test_403_of_a_form_without_its_csrf_token():
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a"})

    assert_envelope(response, 403, "csrf_failed")


@pytest.mark.django_db
def test_403_of_a_staff_session_without_its_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(operator=True, staff=True))

    response = client.post("/test/echo", "{}", content_type="application/json")

    assert_envelope(response, 403, "csrf_failed")


@pytest.mark.django_db
def test_a_staff_session_with_its_csrf_token_works():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(operator=True, staff=True))
    client.get("/admin/login/")
    client.get("/admin/password_change/")
    token = client.cookies["csrftoken"].value

    response = client.post(
        "/test/echo", "{}", content_type="application/json", headers={"X-CSRFToken": token}
    )

    assert response.status_code == 200


@pytest.fixture
def no_database(django_db_blocker):
    """Point our connection at a place where no server listens."""
    with django_db_blocker.unblock():
        connection.close()
        place = connection.settings_dict["HOST"]
        connection.settings_dict["HOST"] = "/nonexistent"
        yield
        connection.close()
        connection.settings_dict["HOST"] = place


@pytest.mark.parametrize("address", ["/test/query", "/test/plain-query", "/test/echo", "/admin/"])
def test_503_without_a_database(no_database, stranger, address):
    stranger.cookies["sessionid"] = "a" * 32
    response = stranger.get(address, headers={"Authorization": "Bearer brk_x"})

    body = assert_envelope(response, 503, "unavailable")
    assert 1 <= int(response["Retry-After"]) <= 60
    assert "nonexistent" not in json.dumps(body)


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("locked", 429, "rate_limited"),
        ("throttled", 429, "rate_limited"),
        ("gone", 410, "gone"),
        ("full", 507, "insufficient_storage"),
        ("extra", 409, "conflict"),
        ("invalid", 422, "validation_failed"),
    ],
)
def test_what_a_view_raises(stranger, what, status, code):
    assert_envelope(stranger.get("/test/raise", {"what": what}), status, code)


def test_waiting_is_announced_and_extras_are_added(stranger):
    assert stranger.get("/test/raise", {"what": "locked"})["Retry-After"] == "7"
    assert stranger.get("/test/raise", {"what": "throttled"})["Retry-After"] == "4"
    assert stranger.get("/test/raise", {"what": "extra"}).json()["jobId"] == "job_1"


def test_complaints_name_their_place(stranger):
    body = stranger.get("/test/raise", {"what": "invalid"}).json()

    assert body["details"] == [
        {"field": "rate.max", "code": "invalid", "message": "Too big."},
        {"field": "rows[1].key", "code": "taken", "message": "No."},
    ]


def test_both_forms_of_an_address_are_answered_without_a_redirect(stranger):
    assert stranger.get("/test/open-echo").status_code == 200
    assert stranger.get("/test/open-echo/").status_code == 200
    assert stranger.get("/admin/login", secure=False).status_code == 200


def test_a_whole_number_that_would_be_rounded_is_refused_and_text_is_not(operator_api):
    url = "/api/sessions"

    rounded = operator_api.post(
        url, '{"apiUrl": 12345678901234567890123}', content_type="application/json"
    )
    text = operator_api.post(
        url, '{"apiUrl": "12345678901234567890123"}', content_type="application/json"
    )

    assert rounded.status_code == 422
    assert rounded.json()["details"][0]["code"] == "inexact_number"
    assert "inexact_number" not in text.content.decode()

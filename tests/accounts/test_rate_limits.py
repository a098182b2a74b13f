"""The limits as callers meet them: whom a request is charged to, and what they are told."""

import time

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey
from apps.core.limits import CHARGED, Verdict
from tests.conftest import CallerClient
from tests.factories.accounts import PASSWORD, ApiKeyFactory, UserFactory
from tests.support.valkey import own_valkey

pytestmark = pytest.mark.django_db

HOUSE = "/api/jobs"
NO_KEY = {"HTTP_AUTHORIZATION": "Bearer brk_unknown"}


@pytest.fixture(autouse=True)
def three_for_strangers_five_for_people(settings, tmp_path):
    """Set limits that a test can reach, on a Redis that no other test has counted in."""
    settings.RATE_LIMIT_PER_ADDRESS = (3, 900)
    settings.RATE_LIMIT_PER_USER = (5, 60)
    settings.RATE_LIMIT_PER_KEY = (4, 60)
    with own_valkey(tmp_path / "valkey") as valkey:
        settings.REDIS_URL = valkey.url
        yield valkey


def statuses(api: APIClient, count: int, path: str = HOUSE, **extra: str) -> list[int]:
    return [api.get(path, **extra).status_code for _ in range(count)]


def signed_in() -> APIClient:
    api, user = APIClient(), UserFactory(viewer=True)
    credentials = {"username": user.username, "password": PASSWORD}
    # From elsewhere, so that the login is not charged to the address that the test looks at.
    answer = api.post("/api/login", credentials, format="json", REMOTE_ADDR="192.0.2.200")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['token']}")
    return api


def test_a_stranger_s_address_is_told_and_then_refused(anonymous_api):
    first, *_, last = [anonymous_api.get(HOUSE) for _ in range(4)]

    assert first.status_code == 401
    assert first["X-RateLimit-Limit"] == "3"
    assert first["X-RateLimit-Remaining"] == "2"
    assert 299 <= int(first["X-RateLimit-Reset"]) - time.time() <= 301
    assert "Retry-After" not in first
    assert last.status_code == 429
    assert last["X-RateLimit-Remaining"] == "0"
    assert 298 <= int(last["Retry-After"]) <= 300


def test_a_refusal_has_the_one_error_body(anonymous_api):
    statuses(anonymous_api, 3)

    refused = anonymous_api.get(HOUSE)

    assert refused["Content-Type"] == "application/json"
    assert refused.json() == {
        "message": "Too many requests, please try again later.",
        "error": "Too many requests, please try again later.",
        "code": "rate_limited",
        "details": [],
        "requestId": refused["X-Request-ID"],
    }


@pytest.mark.parametrize(
    ("path", "status"), [(HOUSE, 401), ("/api/nowhere", 404), ("/admin/login/", 200)]
)
def test_every_answer_is_counted_whatever_it_is(anonymous_api, path, status):
    assert statuses(anonymous_api, 4, path) == [status] * 3 + [429]


def test_a_guesser_of_keys_pays_as_a_stranger(anonymous_api):
    assert statuses(anonymous_api, 4, **NO_KEY) == [401, 401, 401, 429]
    assert statuses(anonymous_api, 1) == [429]


def test_people_of_one_address_do_not_pay_for_each_other(anonymous_api):
    statuses(anonymous_api, 4)
    one, other = signed_in(), signed_in()

    assert statuses(one, 6) == [200] * 5 + [429]
    assert statuses(other, 5) == [200] * 5


def test_a_person_has_one_limit_in_the_browser_and_in_the_api(client):
    user = UserFactory(admin=True, staff=True, is_superuser=True)
    client.force_login(user)
    pages = [client.get(reverse("admin:index")) for _ in range(3)]

    answers = [client.get(HOUSE) for _ in range(3)]

    assert [page["X-RateLimit-Remaining"] for page in pages] == ["4", "3", "2"]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_a_key_has_the_rate_of_keys_or_its_own(operator_api):
    quick = APIClient()
    key = ApiKeyFactory(owner=operator_api.user, calls_per_minute=7)
    quick.credentials(HTTP_AUTHORIZATION=f"Bearer {key.token}")

    assert statuses(operator_api, 5) == [200] * 4 + [429]
    assert statuses(quick, 8) == [200] * 7 + [429]


def test_the_rate_of_a_key_is_edited_in_the_admin_and_nothing_else_of_it(client, settings):
    settings.RATE_LIMIT_PER_USER = (100, 60)
    client.force_login(UserFactory(admin=True, staff=True, is_superuser=True))
    key = ApiKeyFactory(name="Till 3", scopes=["desk:read"])
    page = reverse("admin:accounts_apikey_change", args=[key.pk])

    answer = client.post(page, {"calls_per_minute": "1200", "name": "Other", "scopes": ""})

    changed = ApiKey.objects.get(pk=key.pk)
    assert answer.status_code == 302
    assert (changed.calls_per_minute, changed.name, changed.scopes) == (
        1200,
        "Till 3",
        ["desk:read"],
    )
    assert "Ensure this value" in client.post(page, {"calls_per_minute": "0"}).content.decode()


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/health/live", "/health/", "/healthz", "/readyz"]
)
def test_probes_are_always_answered(anonymous_api, path):
    answers = [anonymous_api.get(path) for _ in range(6)]

    assert 429 not in {answer.status_code for answer in answers}
    assert "X-RateLimit-Limit" not in answers[0]


@pytest.mark.parametrize("path", ["/api/healthy", "/api/jobs/health", "/healthz/more"])
def test_only_the_probes_own_addresses_are_exempt(anonymous_api, path):
    assert statuses(anonymous_api, 4, path)[-1] == 429


def test_an_address_cannot_be_made_up(anonymous_api):
    answers = [
        anonymous_api.get(HOUSE, headers={"X-Forwarded-For": f"198.51.100.{number}"})
        for number in range(4)
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


def test_behind_a_proxy_only_its_own_word_counts(anonymous_api, settings):
    settings.TRUSTED_PROXY_COUNT = 1

    def get(forwarded: str) -> int:
        return anonymous_api.get(HOUSE, headers={"X-Forwarded-For": forwarded}).status_code

    assert [get(f"192.0.2.{number}, 198.51.100.1") for number in range(4)][-1] == 429
    assert get("198.51.100.1, 198.51.100.2") == 401


def test_a_household_of_ipv6_addresses_pays_together(anonymous_api):
    answers = [
        anonymous_api.get(HOUSE, REMOTE_ADDR=f"2001:db8:1:2::{number}") for number in range(1, 5)
    ]

    assert answers[-1].status_code == 429
    assert anonymous_api.get(HOUSE, REMOTE_ADDR="2001:db8:1:3::1").status_code == 401


def test_what_a_layer_before_us_has_charged_is_not_charged_again(operator_api):
    charged = Verdict(allowed=True, limit=4, remaining=1, reset_after=30.0, retry_after=0)

    before = operator_api.get(HOUSE, **{CHARGED: charged})

    assert before["X-RateLimit-Remaining"] == "1"
    assert operator_api.get(HOUSE)["X-RateLimit-Remaining"] == "3"


def test_a_caller_cannot_claim_to_have_been_charged(anonymous_api):
    answers = [anonymous_api.get(HOUSE, headers={CHARGED: "yes"}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


def test_a_preflight_costs_nothing_and_the_numbers_may_be_read(anonymous_api, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    origin = {"Origin": "https://shop.example"}
    asked = origin | {"Access-Control-Request-Method": "GET"}

    preflights = [anonymous_api.options(HOUSE, headers=asked) for _ in range(5)]
    answers = [anonymous_api.get(HOUSE, headers=origin) for _ in range(4)]

    assert {preflight.status_code for preflight in preflights} == {200}
    assert answers[-1].status_code == 429
    assert answers[-1]["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "X-RateLimit-Reset" in answers[-1]["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("away", ["stopped", "hanging"])
def test_without_redis_requests_are_answered_and_still_limited(
    three_for_strangers_five_for_people, settings, away
):
    valkey = three_for_strangers_five_for_people
    settings.RATE_LIMIT_PER_KEY = (20, 3600)
    api = CallerClient(UserFactory(operator=True))
    started = time.monotonic()
    if away == "stopped":
        valkey.stop()
        answers = statuses(api, 7)
    else:
        with valkey.frozen():
            answers = statuses(api, 7)

    assert answers == [200] * 5 + [429] * 2
    assert time.monotonic() - started < 30  # a call that waits for Redis waits for ever


def test_a_token_is_looked_up_once_for_the_limit_and_the_view(
    operator_api, django_assert_num_queries
):
    with django_assert_num_queries(2):  # the key and its owner; when it was last used
        assert operator_api.get("/status/nothing").status_code == 404

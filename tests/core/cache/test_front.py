"""What is answered from the cache is what Django would have answered, to whom it would."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.accounts.models import ApiKey, User
from apps.accounts.services.end_login import end_all_logins
from apps.accounts.services.issue_tokens import issue_tokens
from apps.core.cache import answers
from tests.core.cache.world import DJANGO, Process, call, environ_of
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory

pytestmark = pytest.mark.django_db

OF_THE_LAYER = {"etag", "cache-control", "x-cache", "vary"}
OF_ONE_REQUEST = {"x-request-id", "x-ratelimit-reset", "x-ratelimit-remaining"}


@pytest.fixture
def token():
    return ApiKeyFactory(owner=UserFactory(viewer=True)).token


def comparable(reply):
    skipped = OF_THE_LAYER | OF_ONE_REQUEST
    headers = {name: value for name, value in reply.headers.items() if name not in skipped}
    # Its directives come in another order in each process.
    headers["content-security-policy"] = set(headers["content-security-policy"].split("; "))
    return reply.status, headers, reply.body


def test_the_second_reader_is_answered_without_django(token):
    ItemFactory(name="Linen shirt")
    process = Process()

    first, second = (process.call("/api/items", token) for _ in range(2))

    assert (first.outcome, second.outcome) == ("MISS", "HIT")
    assert first.status == second.status == 200
    assert b"Linen shirt" in first.body
    assert process.asked_of_django == 1


@pytest.mark.parametrize(
    "path",
    ["/api/items", "/api/items/", "/api/items?page=1&limit=20&search=shirt", "/api/items/deleted",
     "/api/items/{item}?includeDesigns=true", "/api/orders/all", "/api/orders/priority",
     "/api/orders/{order}", "/api/orders/cursor?limit=5", "/api/feedbacks",
     "/api/feedbacks?page=1", "/api/feedbacks/stats"],
)  # fmt: skip
def test_a_hit_has_the_bytes_and_headers_of_django_itself(token, path):
    path = path.format(item=ItemFactory(name="Linen shirt").pk, order=OrderFactory().pk)
    process, extra = Process(), {"HTTP_ORIGIN": "https://desk.example"}

    miss, hit = (process.call(path, token, **extra) for _ in range(2))
    plain = call(DJANGO, environ_of(path, token, **extra))

    assert (miss.outcome, hit.outcome, plain.outcome) == ("MISS", "HIT", None)
    assert plain.status == 200
    plain.headers.setdefault("content-length", str(len(plain.body)))  # a stream does not know it
    assert comparable(miss) == comparable(hit) == comparable(plain)
    assert hit.headers["vary"] == f"{plain.headers['vary']}, Authorization"
    assert hit.headers["cache-control"] == "private, no-cache"
    assert hit.headers["etag"] == miss.headers["etag"]
    assert hit.headers["x-request-id"].startswith("req_")
    assert hit.headers.keys() >= {"x-ratelimit-limit", "x-ratelimit-remaining"}


def test_each_origin_gets_its_own_cors_headers(token, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://desk.example"]
    process = Process()

    ours, foreign, none = (
        process.call("/api/items", token, **extra)
        for extra in (
            {"HTTP_ORIGIN": "https://desk.example"},
            {"HTTP_ORIGIN": "https://evil.example"},
            {},
        )
    )

    assert (ours.outcome, foreign.outcome, none.outcome) == ("MISS", "HIT", "HIT")
    assert ours.headers["access-control-allow-origin"] == "https://desk.example"
    assert "access-control-allow-origin" not in foreign.headers | none.headers
    again = process.call("/api/items", token, HTTP_ORIGIN="https://desk.example")
    assert again.headers["access-control-allow-origin"] == "https://desk.example"


def test_the_callers_request_id_is_sent_back(token):
    process = Process()
    process.call("/api/items", token)

    hit = process.call("/api/items", token, HTTP_X_REQUEST_ID="complaint-7")

    assert (hit.outcome, hit.headers["x-request-id"]) == ("HIT", "complaint-7")


@pytest.mark.parametrize("spelling", ["{}", 'W/"other", {}', "*", "strong"])
def test_who_has_the_answer_is_not_sent_it_again(token, spelling, valkey):
    ItemFactory()
    etag = Process().call("/api/items", token).headers["etag"]
    asked = etag.removeprefix("W/") if spelling == "strong" else spelling.format(etag)
    with valkey.client as client:
        client.flushall()
    process = Process()

    miss, hit = (process.call("/api/items", token, HTTP_IF_NONE_MATCH=asked) for _ in range(2))

    assert (miss.outcome, hit.outcome) == ("MISS", "HIT")
    for reply in (miss, hit):
        assert (reply.status, reply.body) == (304, b"")
        assert reply.headers["etag"] == etag
        assert "content-type" not in reply.headers
    ItemFactory()
    Process().front._freshness.announce()
    assert process.call("/api/items", token, HTTP_IF_NONE_MATCH=etag).status == 200


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_are_djangos(token, method):
    process = Process()
    process.call("/api/items", token)

    reply = process.call("/api/items", token, method)

    assert reply.outcome is None
    assert reply.status == 200
    assert process.asked_of_django == 2


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0.5", "image/*"])
def test_an_unusual_accept_header_is_djangos(token, accept):
    process = Process()
    process.call("/api/items", token)

    assert process.call("/api/items", token, HTTP_ACCEPT=accept).outcome is None


# --- who may read


@pytest.mark.parametrize("token", [None, "brk_unknown", "nonsense"])
def test_without_a_good_token_django_says_no(token):
    process = Process()
    process.call("/api/items", ApiKeyFactory(owner=UserFactory(viewer=True)).token)

    reply = process.call("/api/items", token)

    assert (reply.status, reply.outcome) == (401, None)


def test_a_key_confined_to_other_things_is_refused_what_is_cached(token):
    process = Process()
    process.call("/api/items", token)
    confined = ApiKeyFactory(owner=UserFactory(viewer=True), scopes=["jobs:read"]).token

    assert [process.call("/api/items", confined).status for _ in range(2)] == [403, 403]


def test_each_role_has_answers_of_its_own(token):
    process = Process()
    operator = ApiKeyFactory(owner=UserFactory(operator=True)).token

    outcomes = [process.call("/api/items", one).outcome for one in (token, operator) * 2]

    assert outcomes == ["MISS", "MISS", "HIT", "HIT"]


def revoke(key):
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())


def expire(key):
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(hours=1))


def confine(key):
    ApiKey.objects.filter(pk=key.pk).update(scopes=["jobs:read"])


def dismiss(key):
    User.objects.filter(pk=key.owner_id).update(is_active=False)


def delete(key):
    key.owner.delete()


@pytest.mark.parametrize(
    ("change", "status"),
    [(revoke, 401), (expire, 401), (confine, 403), (dismiss, 401), (delete, 401)],
)  # fmt: skip
def test_whoever_loses_access_loses_it_at_once(token, change, status):
    key = ApiKey.objects.get()
    process, other = Process(), Process()
    assert [process.call("/api/items", token).outcome for _ in range(2)] == ["MISS", "HIT"]

    change(key)
    other.front._freshness.announce()  # what a request does after its commit

    assert process.call("/api/items", token).status == status


def test_a_new_role_counts_at_once(token):
    process = Process()
    process.call("/api/items", token)

    User.objects.update(role="operator")
    Process().front._freshness.announce()

    assert [process.call("/api/items", token).outcome for _ in range(2)] == ["MISS", "HIT"]


def test_signing_out_ends_the_reading(token):
    user = User.objects.get()
    access = issue_tokens(user=user, now=timezone.now()).access
    process = Process()
    assert [process.call("/api/items", access).outcome for _ in range(2)] == ["MISS", "HIT"]

    end_all_logins(user=user, now=timezone.now())
    Process().front._freshness.announce()

    assert process.call("/api/items", access).status == 401


def test_an_access_token_is_worth_nothing_after_its_time(token):
    user = User.objects.get()
    access = issue_tokens(user=user, now=timezone.now() - timedelta(seconds=895)).access
    process = Process()
    assert process.call("/api/items", access).outcome == "MISS"

    with time_machine.travel(timezone.now() + timedelta(seconds=6)):
        assert process.call("/api/items", access).status == 401


def test_hits_are_charged_like_any_request(token):
    ApiKey.objects.update(calls_per_minute=3)
    process = Process()

    replies = [process.call("/api/items", token) for _ in range(5)]

    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == list("21000")
    assert "retry-after" in replies[-1].headers


# --- what is kept


def test_only_success_is_kept(token):
    process = Process()

    replies = [process.call("/api/orders/999", token) for _ in range(2)]

    assert [(reply.status, reply.outcome) for reply in replies] == [(404, "MISS")] * 2


def test_pictures_are_named_after_the_host_that_was_asked(token):
    ItemFactory(image_path="items/0f3c9a5be27d41f6a8c2e4d6b8f0a1c3.png")
    process = Process()

    here, there = (
        process.call("/api/items", token, HTTP_HOST=host) for host in ("a.example", "b.example")
    )

    assert (here.outcome, there.outcome) == ("MISS", "MISS")
    assert b"http://a.example/images" in here.body
    assert b"http://b.example/images" in there.body


def test_a_host_that_is_not_ours_is_djangos_to_refuse(token, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    process = Process()
    process.call("/api/items", token)

    assert process.call("/api/items", token, HTTP_HOST="evil.example").status == 400


def test_plain_http_is_djangos_to_redirect(token, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert Process(app=fresh_django()).call("/api/items", token).status == 301


def fresh_django():
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def test_what_is_too_long_passes_as_a_stream_and_is_not_kept(token, monkeypatch):
    for _ in range(3):
        OrderFactory()
    process = Process()
    whole = call(DJANGO, environ_of("/api/orders/all", token)).body
    monkeypatch.setattr(answers, "LARGEST", 100)

    replies = [process.call("/api/orders/all", token) for _ in range(2)]

    assert [(reply.outcome, reply.body) for reply in replies] == [("MISS", whole)] * 2


def test_before_its_time_is_over_one_makes_it_anew_and_the_others_go_on(token):
    process = Process()
    process.call("/api/orders/priority", token)

    with time_machine.travel(timezone.now() + timedelta(seconds=290)):
        first, second = (process.call("/api/orders/priority", token) for _ in range(2))

    assert (first.outcome, second.outcome) == ("MISS", "HIT")

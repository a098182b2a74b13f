"""What is made without Django's middleware is what Django would have sent, and for whom."""

import pytest

from tests.core.cache.test_front import comparable
from tests.core.cache.world import DJANGO, Process, call, environ_of
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory

pytestmark = pytest.mark.django_db

LEAN = ["/api/items?page=1", "/api/items?page=2&limit=20", "/api/orders?page=1&limit=50",
        "/api/orders", "/api/orders?page=nonsense", "/api/orders/priority"]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_kept(settings):
    settings.CACHE_READS = False


@pytest.fixture
def token():
    return ApiKeyFactory(owner=UserFactory(viewer=True)).token


@pytest.mark.parametrize("path", LEAN)
def test_an_answer_has_the_bytes_and_headers_of_django_itself(token, path):
    ItemFactory.create_batch(3)
    OrderFactory(priority=5)
    process, extra = Process(), {"HTTP_ORIGIN": "https://desk.example"}

    first, second = (process.call(path, token, **extra) for _ in range(2))

    assert process.asked_of_django == 1
    assert first.outcome is second.outcome is None
    plain = call(DJANGO, environ_of(path, token, **extra))
    assert comparable(second) == comparable(first) == comparable(plain)


def test_each_answer_is_made_anew(token):
    process = Process()
    before = process.call("/api/items?page=1", token)
    process.call("/api/items?page=1", token)

    ItemFactory(name="Just arrived")

    assert b"Just arrived" in process.call("/api/items?page=1", token).body
    assert b"Just arrived" not in before.body
    assert process.asked_of_django == 1


def test_no_header_of_another_form_of_the_list_is_sent(token):
    process = Process()

    whole = process.call("/api/items", token)
    process.call("/api/items?page=1", token)
    page = process.call("/api/items?page=2", token)

    assert "x-total-count" in whole.headers
    assert "x-total-count" not in page.headers
    assert process.asked_of_django == 2


def test_strangers_and_those_who_ask_too_often_are_refused_as_ever(token, settings):
    settings.RATE_LIMIT_PER_KEY = (3, 60)
    process = Process()

    statuses = [process.call("/api/orders", token).status for _ in range(5)]
    stranger = process.call("/api/orders", "brk_unknown")

    assert statuses == [200, 200, 200, 429, 429]
    assert stranger.status == 401


def test_a_tag_that_is_known_saves_the_body(token):
    process = Process()
    tags = [process.call("/api/orders", token).headers["etag"] for _ in range(2)]

    again = process.call("/api/orders", token, HTTP_IF_NONE_MATCH=tags[1])

    assert tags[0] == tags[1]
    assert (again.status, again.body) == (304, b"")

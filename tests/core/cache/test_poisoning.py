"""No spelling of a request is answered with what another request has asked for."""

import pytest

from tests.core.cache.world import DJANGO, Process, call, environ_of
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory

pytestmark = pytest.mark.django_db

# By what they mean; each line is one answer.
SAME = [
    ["/api/items?page=1", "/api/items?page=1&limit=10", "/api/items//?page=1",
     "/api/items/?page=1", "/api/items?page=%31", "/api/items?page=0", "/api/items?page=1&x=2",
     "/api/items?page=7&page=1", "/api/items?page=1&cursor=", "/api/items?page=1&search=+",
     "/api/items?page=1abc", "/api/items?page=1&limit=11"],
    ["/api/items", "/api/items?page=&limit=", "/api/items?search=zzz", "/api/items?PAGE=2"],
    ["/api/items?limit=10", "/api/items?limit=10%26search=zzz", "/api/items?limit=10%2526"],
    ["/api/items?limit=10&search=zzz", "/api/items?search=a&search=zzz&limit=10"],
    ["/api/items?limit=10&search=ZZZ"],
    ["/api/items?limit=10&search=zzz%26limit=20"],
    ["/api/items?page=1&search=100%25", "/api/items?page=1&search=100%"],
    ["/api/items?page=1&search=100%2525"],
    ["/api/items?page=2"],
    ["/api/items/deleted?page=1", "/api/items/deleted", "/api/items/deleted/?x"],
    ["/api/items/deleted?limit=10"],
    ["/api/orders/cursor", "/api/orders/cursor?limit=10"],
    ["/api/orders/cursor?limit=20"],
    ["/api/orders/all", "/api/orders/all?page=2", "/api/orders/all/"],
    ["/api/analytics/sales", "/api/analytics/sales?statusFilter=completed"],
    ["/api/analytics/sales?statusFilter=all"],
    ["/api/feedbacks", "/api/feedbacks?search=1"],
    ["/api/feedbacks?page=1", "/api/feedbacks?limit=10"],
]  # fmt: skip
NEVER_KEPT = [
    "/API/items", "/api/Items", "//api/items", "/api//items", "/api/items/all",
    "/api/analytics/sales?statusFilter=", "/api/analytics/sales?statusFilter=all&statusFilter=all",
    "/api/analytics/sales?statusFilter=ALL", "/api/orders/ORD123456", "/api/orders/0",
    "/api/items/99999999999", "/api/items?cursor=nonsense", "/api/orders/cursor?limit=0",
    "/api/orders", "/api/orders?page=1", "/api/items/%31",
]  # fmt: skip


@pytest.fixture
def token():
    return ApiKeyFactory(owner=UserFactory(viewer=True)).token


@pytest.fixture
def shop():
    for name in ("Linen zzz", "Silk", "100% wool", "a zzz%26limit=20"):
        ItemFactory(name=name)
    ItemFactory(name="Gone", deleted=True)
    OrderFactory(completed=True)


def without_moment(body):
    return body.partition(b'"generatedAt"')[0]


def test_every_spelling_gets_what_it_asks_for_and_shares_it_only_with_its_equals(token, shop):
    process = Process()

    for equals in SAME:
        for number, path in enumerate(equals):
            reply = process.call(path, token)
            assert reply.outcome == ("HIT" if number else "MISS"), path
            plain = call(DJANGO, environ_of(path, token))
            assert without_moment(reply.body) == without_moment(plain.body), path


@pytest.mark.parametrize("path", NEVER_KEPT)
def test_what_is_no_known_read_is_never_kept(token, shop, path):
    process = Process()
    process.call("/api/items", token)

    replies = [process.call(path, token) for _ in range(2)]

    plain = call(DJANGO, environ_of(path, token))
    for reply in replies:
        assert reply.outcome in (None, "MISS")
        assert reply.status == plain.status


@pytest.mark.parametrize("number", ["{}", "{}abc", "0{}", "+{}", " {}", "{}.9"])
def test_an_order_is_one_answer_however_its_number_is_written(token, number):
    first, second = OrderFactory(), OrderFactory()
    process = Process()
    for order in (first, second):
        process.call(f"/api/orders/{order.pk}", token)

    reply = process.call(f"/api/orders/{number.format(second.pk)}", token)

    assert reply.outcome == "HIT"
    assert f'"orderId":"{second.code}"'.encode() in reply.body


def test_a_forwarded_host_of_strangers_changes_nothing(token):
    process = Process()
    process.call("/api/items", token)

    reply = process.call("/api/items", token, HTTP_X_FORWARDED_HOST="evil.example")

    assert reply.outcome == "HIT"

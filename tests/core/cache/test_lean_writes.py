"""An order that is placed before Django is the one that Django would have placed."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from apps.accounts.models import ApiKey, Role, User
from apps.core.models import IdempotentAnswer
from apps.orders.models import Order
from tests.core.cache.test_front import comparable
from tests.core.cache.world import DJANGO, Process, call, environ_of
from tests.factories.accounts import ApiKeyFactory
from tests.factories.catalog import ItemFactory
from tests.support.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = {"HTTP_ORIGIN": "https://desk.example"}
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE NOT granted AND relation = 'orders'::regclass
"""


@pytest.fixture(autouse=True)
def open_connection():
    """Nothing is kept open: there is no transaction around these tests."""


@pytest.fixture
def token():
    return ApiKeyFactory().token


@pytest.fixture
def wanted():
    shirt, scarf = ItemFactory(name="Linen shirt", price="49.90"), ItemFactory(price="12.05")
    return {
        "orderFrom": "instagram",
        "customerName": "Mira Lind",
        "customerId": "@mira",
        "items": [
            {"itemId": shirt.pk, "quantity": 2, "customizationRequest": 'blue "thread"\n\\'},
            {"itemId": scarf.pk, "quantity": 1},
        ],
        "customerNotes": "Ring twice \u00e9\u4e16\U0001f9f5",
    }


@pytest.fixture
def process(token, wanted):
    """A process to which Django has shown how it answers."""
    process = Process()
    assert post(process, token, wanted, key="the-first").status == 201
    assert process.asked_of_django == 1
    return process


def environ(token, body, *, key, **extra):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.input": BytesIO(data),
        "HTTP_IDEMPOTENCY_KEY": key,
        "HTTP_X_REQUEST_ID": f"request-{key[:9]}",
    }
    return environ_of("/api/orders", token, "POST", **sent | extra)


def post(process, token, body, *, key="till-1", **extra):
    app = process.front if isinstance(process, Process) else process
    return call(app, environ(token, body, key=key, **extra))


def told(reply):
    """Return what two answers about two equal orders have in common."""
    status, headers, body = comparable(reply)
    order = json.loads(body)
    for row in (order, *order["items"]):
        for name in ("id", "_id", "orderId", "createdAt", "orderDate"):
            row.pop(name, None)
    del headers["content-length"]
    return status, headers, order, {name: reply.headers.get(name) for name in ("vary", "etag")}


def test_the_answer_is_that_of_django_itself(process, token, wanted):
    lean = post(process, token, wanted, **ORIGIN)

    plain = post(DJANGO, token, wanted, key="till-2", **ORIGIN)

    assert process.asked_of_django == 1
    assert told(lean) == told(plain)
    assert lean.status == 201
    assert int(lean.headers["content-length"]) == len(lean.body)
    assert lean.headers["x-order-version"] == "1"
    assert list(json.loads(lean.body)) == list(json.loads(plain.body))


def test_what_is_stored_is_what_django_would_have_stored(process, token, wanted):
    post(process, token, wanted)

    by_django, lean = Order.objects.order_by("pk")
    rows = [
        {
            **{name: getattr(order, name) for name in ("customer_name", "customer_notes",
               "total_price", "paid_amount", "status", "priority", "version")},
            "lines": list(order.items.order_by("pk").values_list("item_id", "name", "price",
                                                                 "quantity",
                                                                 "customization_request")),
            "who": [event.pgh_context["name"] for event in order.events.all()],
        }
        for order in (by_django, lean)
    ]  # fmt: skip
    assert rows[0] == rows[1]
    assert rows[1]["lines"][0][-1] == 'blue "thread"\n\\'
    assert rows[1]["who"] == [User.objects.get().username]


def test_the_same_key_again_replays_the_answer(process, token, wanted):
    first, second = (post(process, token, wanted) for _ in range(2))

    assert process.asked_of_django == 2
    assert (first.status, second.status) == (201, 201)
    assert json.loads(first.body) == json.loads(second.body)
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in post(process, token, wanted, key="till-2").headers
    assert Order.objects.count() == 3


def test_a_replay_does_not_mind_what_has_happened_to_the_catalogue(process, token, wanted):
    first = post(process, token, wanted)
    ItemFactory._meta.model.objects.update(deleted_at=timezone.now())

    second = post(process, token, wanted)
    third = post(process, token, wanted, key="till-2")

    assert (second.status, json.loads(second.body)) == (201, json.loads(first.body))
    assert third.status == 400


def test_a_trailing_slash_is_no_other_request(process, token, wanted):
    placed = post(process, token, wanted)

    again = post(process, token, wanted, PATH_INFO="/api/orders/")

    assert (again.status, json.loads(again.body)) == (201, json.loads(placed.body))
    assert again.headers["idempotency-replayed"] == "true"
    assert Order.objects.count() == 2


def test_the_key_of_another_order_is_refused(process, token, wanted):
    post(process, token, wanted)

    reply = post(process, token, wanted | {"customerName": "Somebody else"})

    assert (reply.status, json.loads(reply.body)["code"]) == (409, "idempotency_mismatch")
    assert Order.objects.count() == 2


def test_a_refused_order_may_be_corrected_under_its_key(process, token, wanted):
    refused = post(process, token, wanted | {"items": []})
    corrected = post(process, token, wanted)

    assert (refused.status, corrected.status) == (400, 201)
    assert json.loads(refused.body)["message"] == "At least one item is required"


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        b"[]",
        b"7",
        b'{"orderFrom": "letter", "customerName": "A", "customerId": "b", "items": [{}]}',
        b'{"orderFrom": "instagram", "customerName": " ", "customerId": "b", "items": [{}]}',
        b'{"orderFrom": "instagram", "customerName": "A\\u0000", "customerId": "b", "items": [1]}',
        b"\xff\xfe",
    ],
)
def test_what_is_refused_is_refused_by_django(process, token, sent):
    reply = post(process, token, sent)

    plain = post(DJANGO, token, sent)
    assert process.asked_of_django == 2
    assert (reply.status, reply.body) == (plain.status, plain.body)
    assert 400 <= reply.status < 500
    assert Order.objects.count() == 1
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("unusual", "status"),
    [
        ({"CONTENT_TYPE": "text/plain"}, 400),
        ({"HTTP_CONTENT_ENCODING": "br"}, 415),
        ({"CONTENT_LENGTH": ""}, 400),
        ({"HTTP_IDEMPOTENCY_KEY": "x" * 129}, 422),
        ({"HTTP_ACCEPT": "text/html;q=0.9"}, 406),
        ({"HTTP_HOST": "evil.example"}, 400),
    ],
)
def test_whatever_is_unusual_is_left_to_django(process, token, wanted, settings, unusual, status):
    settings.ALLOWED_HOSTS = ["testserver"]
    reply = post(process, token, wanted, **unusual)

    plain = post(DJANGO, token, wanted, **unusual)
    assert process.asked_of_django == 2
    assert (reply.status, reply.body) == (plain.status, plain.body)
    assert reply.status == status
    assert Order.objects.count() == 1


def test_a_length_is_not_read_past_its_limit(process, token, wanted, settings):
    long = json.dumps(wanted).encode().ljust(settings.DESK_MAX_BODY_BYTES + 1)

    reply = post(process, token, long, CONTENT_LENGTH=f"{0:012}{len(long)}")

    assert (reply.status, process.asked_of_django) == (413, 2)


def test_a_body_that_is_nested_too_deeply_is_refused(process, token, wanted):
    deep = json.dumps(wanted)[:-1].encode() + b', "more": ' + b"[" * 300 + b"]" * 300 + b"}"

    reply = post(process, token, deep)

    assert (reply.status, json.loads(reply.body)["code"]) == (422, "validation_failed")
    assert Order.objects.count() == 1


def test_a_replay_writes_nothing(process, token, wanted):
    post(process, token, wanted)
    counted = "SELECT last_value FROM orders_id_seq"
    with connection.cursor() as cursor:
        cursor.execute(counted)
        before = cursor.fetchone()
        post(process, token, wanted)
        cursor.execute(counted)
        assert cursor.fetchone() == before


def test_a_body_that_is_too_large_is_not_read_into_memory(process, token, wanted, settings):
    long = json.dumps(wanted).encode().ljust(settings.DESK_MAX_BODY_BYTES + 1)

    reply = post(process, token, long)

    assert (reply.status, process.asked_of_django) == (413, 2)
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ({"owner__role": Role.VIEWER}, 403),
        ({"scopes": ["desk:read"]}, 403),
        ({"scopes": ["jobs:write"]}, 403),
        ({"revoked": True}, 401),
        ({"expired": True}, 401),
        ({"owner__is_active": False}, 401),
        ({"scopes": ["desk:write"]}, 201),
    ],
)
def test_only_who_may_write_does(process, wanted, key, status):
    token = ApiKeyFactory(**key).token

    assert post(process, token, wanted).status == status
    assert Order.objects.count() == 1 + (status == 201)


def test_a_key_that_was_good_a_moment_ago_is_worth_nothing(process, token, wanted):
    assert post(process, token, wanted).status == 201

    ApiKey.objects.update(revoked_at=timezone.now())

    assert post(process, token, wanted, key="till-2").status == 401
    assert Order.objects.count() == 2


def test_who_has_become_a_viewer_places_no_more_orders(process, token, wanted):
    assert post(process, token, wanted).status == 201

    User.objects.update(role=Role.VIEWER)

    assert post(process, token, wanted, key="till-2").status == 403
    assert Order.objects.count() == 2


def test_each_order_is_charged_once(process, token, wanted, settings):
    settings.RATE_LIMIT_PER_KEY = (5, 3600)
    strange = ApiKeyFactory().token

    replies = [post(process, strange, wanted, key=f"k{number}") for number in range(3)]
    replies += [post(process, strange, b"{", key=f"b{number}") for number in range(3)]

    assert [reply.status for reply in replies] == [201, 201, 201, 400, 400, 429]
    left = [reply.headers["x-ratelimit-remaining"] for reply in replies]
    assert left == ["4", "3", "2", "1", "0", "0"]
    assert "retry-after" in replies[-1].headers


def test_twins_at_the_same_time_place_one_order(process, token, wanted):
    start = threading.Barrier(8)

    def place(number):
        try:
            start.wait(timeout=30)
            # One of them has not met Django yet, and takes the long way.
            return post(Process() if number == 0 else process, token, wanted)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(place, range(8)))

    assert [reply.status for reply in replies] == [201] * 8
    assert len({json.dumps(json.loads(reply.body)) for reply in replies}) == 1
    assert sum("idempotency-replayed" not in reply.headers for reply in replies) == 1
    assert Order.objects.count() == 2


def test_without_redis_django_places_the_order(process, token, wanted, valkey):
    valkey.stop()

    reply = post(process, token, wanted)

    assert (reply.status, process.asked_of_django) == (201, 2)
    assert Order.objects.count() == 2


def test_a_connection_that_is_cut_in_the_middle_costs_no_order_and_makes_no_second(
    process, token, wanted
):
    replies = []

    def place():
        try:
            replies.append(post(process, token, wanted))
        finally:
            connection.close()

    info = connection.connection.info
    with psycopg.connect(info.dsn, host=info.host) as other:
        other.execute("LOCK TABLE orders IN EXCLUSIVE MODE")
        thread = threading.Thread(target=place)
        thread.start()
        wait_for(lambda: other.execute(CUT).fetchall(), seconds=30, what="The order's insert")
    thread.join(timeout=30)

    assert [reply.status for reply in replies] == [201]
    assert process.asked_of_django == 2
    assert Order.objects.count() == 2


def test_after_the_answer_every_process_shows_the_order(process, token, wanted):
    other = Process()
    for _ in range(2):
        before = other.call("/api/orders/all", token)
    assert before.outcome == "HIT"

    placed = json.loads(post(process, token, wanted).body)

    after = other.call("/api/orders/all", token)
    assert after.outcome == "MISS"
    assert placed["id"] in {order["id"] for order in json.loads(after.body)}


def test_the_log_has_a_line_for_it(process, token, wanted):
    with capture_logs() as logs:
        post(process, token, wanted, HTTP_X_REQUEST_ID="complaint-7")

    [line] = [line for line in logs if line["event"] == "request_finished"]
    assert line["request_id"] == "complaint-7"
    assert (line["method"], line["path"], line["status"]) == ("POST", "/api/orders", 201)
    assert (line["ip"], line["user_id"]) == ("127.0.0.1", str(User.objects.get().pk))


def test_no_header_that_was_one_answers_own_is_sent_with_another(token, wanted):
    process = Process()

    post(process, token, wanted, **ORIGIN)
    second = post(process, token, wanted, key="till-2")

    assert process.asked_of_django == 1
    assert second.headers["x-request-id"] == "request-till-2"
    assert "access-control-allow-origin" not in second.headers
    assert len(second.all_headers) == len(second.headers)

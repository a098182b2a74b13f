"""Sections 1.2, 1.3, 1.17-1.23 and 4 of the orders contract, through HTTP, line by line."""

import re
from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson
import pytest
import time_machine
from django_redis import get_redis_connection
from rest_framework.test import APIClient

from apps.feedback.models import Feedback, FeedbackToken
from tests.factories.feedback import FeedbackFactory, FeedbackTokenFactory
from tests.factories.orders import OrderFactory
from tests.support.at_once import at_once

FEEDBACK_KEYS = re.findall(
    r"\w+",
    "id orderId rating comment productQuality deliveryExperience isPublic responseText"
    " respondedAt createdAt updatedAt _id",
)
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
RATING_REQUIRED = "Overall rating is required"
RATING = "Overall rating must be between 1 and 5"
QUALITY = "Product quality rating must be between 1 and 5"
DELIVERY = "Delivery experience rating must be between 1 and 5"
COMMENT = "Comment cannot exceed 1000 characters"
RESPONSE = "Response cannot exceed 1000 characters"
NOT_COMPLETED = "Feedback can only be submitted for completed orders"
EXISTS = "Feedback already exists for this order"
INVALID = "Invalid or expired token"
FORM = "application/x-www-form-urlencoded"
REFUSED_RATINGS = [
    ({}, RATING_REQUIRED),
    ({"rating": None}, RATING_REQUIRED),
    ({"rating": 0}, RATING),
    ({"rating": 6}, RATING),
    ({"rating": -1}, RATING),
    ({"rating": ""}, RATING),
    ({"rating": "five"}, RATING),
    ({"rating": True}, RATING),
    ({"rating": [5]}, RATING),
    ({"rating": 1e300}, RATING),
    ({"rating": 5, "productQuality": 6}, QUALITY),
    ({"rating": 5, "productQuality": ""}, QUALITY),
    ({"rating": 5, "productQuality": False}, QUALITY),
    ({"rating": 5, "deliveryExperience": -2}, DELIVERY),
    ({"rating": 5, "deliveryExperience": {}}, DELIVERY),
    ({"rating": 5, "productQuality": 9, "deliveryExperience": 9}, QUALITY),
    ({"rating": 9, "comment": "x" * 1001}, RATING),
    ({"rating": 5, "comment": "x" * 1001}, COMMENT),
    ({"rating": 5, "comment": "\N{SPOOL OF THREAD}" * 501}, COMMENT),
    ({"rating": 5, "comment": " " * 1001}, COMMENT),
    ({"rating": 5, "comment": 7}, "Comment must be text"),
    ({"rating": 5, "comment": "a\0b"}, "Comment must be text"),
]


@pytest.fixture(autouse=True)
def no_earlier_calls():
    get_redis_connection("default").flushdb()


@pytest.fixture
def order(db):
    return OrderFactory(completed=True)


@pytest.fixture
def link(order):
    return FeedbackTokenFactory(order=order)


def post(api, path, body):
    return api.post(f"/api/{path}", body, format="json")


def validate(api, token):
    return post(api, "public/feedbacks/validate-token", {"token": token})


def submit(api, link, **answer):
    return post(api, "public/feedbacks", {"token": link.secret, "rating": 5, **answer})


def refusal(response, status=400):
    assert response.status_code == status, response.content
    return response.json()["message"]


# 1.2: validating


def test_a_live_link_tells_its_order_and_nothing_of_its_customer(anonymous_api, order, link):
    response = validate(anonymous_api, link.secret)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response.json() == {
        "order": {"_id": order.pk, "orderId": order.code, "status": "completed"},
        "hasExistingFeedback": False,
    }


def test_a_form_is_understood_like_json(anonymous_api, link):
    paths = ("validate-token", "validate-token/")

    answers = [
        anonymous_api.post(
            f"/api/public/feedbacks/{path}", urlencode({"token": link.secret}), content_type=FORM
        )
        for path in paths
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("status", ["pending", "processing", "cancelled"])
def test_the_orders_status_is_no_part_of_a_links_validity(anonymous_api, link, status):
    link.order.status = status
    link.order.save()

    response = validate(anonymous_api, link.secret)

    assert (response.status_code, response.json()["order"]["status"]) == (200, status)


def test_feedback_that_staff_wrote_is_told_to_the_client(anonymous_api, link):
    FeedbackFactory(order=link.order)

    assert validate(anonymous_api, link.secret).json()["hasExistingFeedback"] is True


@pytest.mark.parametrize("token", [None, "", 0, False])
def test_a_token_is_required(anonymous_api, db, token):
    assert refusal(validate(anonymous_api, token)) == "Token is required"


def test_no_body_at_all_is_a_missing_token(anonymous_api, db):
    path = "/api/public/feedbacks/validate-token"
    empty = [
        anonymous_api.post(path, data=b"[1]", content_type="application/json"),
        anonymous_api.post(path, data=b"token", content_type="text/plain"),
    ]

    assert {refusal(answer) for answer in empty} == {"Token is required"}
    broken = anonymous_api.post(path, data=b"{", content_type="application/json")
    assert refusal(broken) == "Invalid JSON body"


@pytest.mark.parametrize("token", ["x", "0" * 64, 7, ["x"], {"a": 1}, "A" * 64, "0" * 100_000])
def test_an_unknown_token_is_401(anonymous_api, link, token):
    assert refusal(validate(anonymous_api, token), 401) == INVALID
    body = {"token": token, "rating": 5}
    assert refusal(post(anonymous_api, "public/feedbacks", body), 401) == INVALID


@pytest.mark.parametrize("trait", ["used", "revoked", "expired"])
def test_a_link_that_is_over_is_401(anonymous_api, db, trait):
    link = FeedbackTokenFactory(**{trait: True})

    assert refusal(validate(anonymous_api, link.secret), 401) == INVALID
    assert refusal(submit(anonymous_api, link), 401) == INVALID


def test_a_link_whose_order_is_gone_is_unknown(anonymous_api, link):
    link.order.items.all().delete()
    link.order.delete()

    assert refusal(validate(anonymous_api, link.secret), 401) == INVALID


def test_validating_does_not_use_the_link_up(anonymous_api, link):
    before = FeedbackToken.objects.filter(pk=link.pk).values().get()

    for _ in range(3):
        assert validate(anonymous_api, link.secret).status_code == 200

    assert FeedbackToken.objects.filter(pk=link.pk).values().get() == before


# 1.3: submitting


def test_the_request_of_the_feedback_client_is_accepted(anonymous_api, order, link):
    answer = {"rating": 5, "comment": "", "productQuality": 0, "deliveryExperience": 0}

    response = submit(anonymous_api, link, **answer)

    body = response.json()
    assert response.status_code == 201
    assert list(body) == FEEDBACK_KEYS
    assert body["_id"] == body["id"]
    assert (body["orderId"], body["rating"], body["comment"]) == (order.pk, 5, "")
    assert (body["productQuality"], body["deliveryExperience"]) == (None, None)
    assert (body["isPublic"], body["responseText"], body["respondedAt"]) == (False, "", None)
    assert STAMP.fullmatch(body["createdAt"])
    assert body["updatedAt"] == body["createdAt"]


def test_the_public_cannot_publish_reply_or_choose_the_order(anonymous_api, link):
    other = OrderFactory(completed=True)
    more = {"isPublic": True, "responseText": "Thanks", "orderId": other.pk, "_id": 99}

    body = submit(anonymous_api, link, **more).json()

    assert (body["isPublic"], body["responseText"], body["orderId"]) == (
        False,
        "",
        link.order.pk,
    )


def test_a_submitted_form_is_understood_like_json(anonymous_api, link):
    form = {"token": link.secret, "rating": "4", "productQuality": "0", "comment": " Zoë 🧵 "}

    response = anonymous_api.post("/api/public/feedbacks", urlencode(form), content_type=FORM)

    assert response.status_code == 201
    assert '"comment":"Zoë 🧵"' in response.content.decode()
    assert (response.json()["rating"], response.json()["productQuality"]) == (4, None)


@pytest.mark.parametrize(("sent", "stored"), [("4.9", 4), (4.7, 4), ("3 stars", 3), (1, 1)])
def test_ratings_are_read_as_browsers_read_numbers(anonymous_api, link, sent, stored):
    assert submit(anonymous_api, link, rating=sent).json()["rating"] == stored


@pytest.mark.parametrize("zero", [0, "0", 0.4, None])
def test_zero_stars_mean_not_rated(anonymous_api, link, zero):
    body = submit(anonymous_api, link, productQuality=zero, deliveryExperience=zero).json()

    assert (body["productQuality"], body["deliveryExperience"]) == (None, None)


@pytest.mark.parametrize(("answer", "message"), REFUSED_RATINGS)
def test_what_is_not_acceptable_is_said_and_leaves_the_link_alive(
    anonymous_api, link, answer, message
):
    body = {"token": link.secret, **answer}

    assert refusal(post(anonymous_api, "public/feedbacks", body)) == message
    assert not Feedback.objects.exists()
    assert validate(anonymous_api, link.secret).status_code == 200


def test_a_thousand_characters_are_not_too_many(anonymous_api, link):
    body = submit(anonymous_api, link, comment="x" * 1000).json()

    assert len(body["comment"]) == 1000


def test_the_checks_come_in_the_order_of_the_contract(anonymous_api, link):
    wrong = {"rating": 9, "comment": "x" * 1001}
    link.order.status = "pending"
    link.order.save()
    FeedbackFactory(order=link.order)

    assert refusal(post(anonymous_api, "public/feedbacks", wrong)) == "Token is required"
    unknown = post(anonymous_api, "public/feedbacks", {**wrong, "token": "x"})
    assert refusal(unknown, 401) == INVALID
    assert refusal(submit(anonymous_api, link, **wrong)) == NOT_COMPLETED
    link.order.status = "completed"
    link.order.save()
    assert refusal(submit(anonymous_api, link, **wrong)) == EXISTS
    Feedback.objects.all().delete()
    assert refusal(submit(anonymous_api, link, **wrong)) == RATING
    assert refusal(submit(anonymous_api, link, comment="x" * 1001)) == COMMENT


def test_after_a_submit_the_link_gives_401(anonymous_api, link):
    assert submit(anonymous_api, link).status_code == 201

    again = submit(anonymous_api, link)
    assert refusal(again, 401) == INVALID
    assert again.json()["code"] == "feedback_exists"
    assert refusal(validate(anonymous_api, link.secret), 401) == INVALID
    assert Feedback.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_hundred_submits_at_once_keep_one_and_tell_the_others_so():
    """Who came while the first was kept hears W7's 400, who came after it the 401 of 1.3."""
    link = FeedbackTokenFactory()

    answers = at_once(200, lambda _: submit(APIClient(), link))

    kept = [answer for answer in answers if answer.status_code == 201]
    others = [answer.json() | {"status": answer.status_code} for answer in answers]
    others.remove(kept[0].json() | {"status": 201})
    assert {(each["status"], each["message"]) for each in others} <= {(400, EXISTS), (401, INVALID)}
    assert [each["code"] for each in others] == ["feedback_exists"] * 199
    assert Feedback.objects.count() == 1
    assert not FeedbackToken.objects.open().exists()


# Programs stay outside, people never do


def test_programs_leave_nothing_and_keep_nobody_out(anonymous_api, link):
    bots = [{}, {"token": "0" * 64, "rating": 5}, {"token": link.secret, "rating": 9}]

    statuses = {
        post(anonymous_api, "public/feedbacks", bots[number % 3]).status_code
        for number in range(240)
    }

    assert statuses == {400, 401, 429}
    assert not Feedback.objects.exists()
    assert validate(anonymous_api, link.secret).status_code == 200
    assert submit(anonymous_api, link).status_code == 201


def test_a_person_may_look_as_often_as_they_like(anonymous_api, link):
    assert {validate(anonymous_api, link.secret).status_code for _ in range(150)} == {200}


@pytest.mark.parametrize("path", ["public/feedbacks", "public/feedbacks/validate-token"])
def test_who_guesses_is_told_to_wait(anonymous_api, settings, link, path):
    settings.FEEDBACK_LIMIT_OF_MISSES = (3, 600)

    answers = [post(anonymous_api, path, {"token": f"{number:064x}"}) for number in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert refusal(answers[-1], 429) == "Too many requests, please try again later."
    assert 0 < int(answers[-1]["Retry-After"]) <= 600
    assert submit(anonymous_api, link).status_code == 201


# 1.17-1.20: reading


def test_without_parameters_the_list_is_a_bare_array_newest_first(viewer_api):
    feedbacks = [FeedbackFactory() for _ in range(3)]

    for query in ("", "?page=", "?search=x", "?limit=&page="):
        response = viewer_api.get(f"/api/feedbacks{query}")
        assert response["Content-Type"] == "application/json; charset=utf-8"
        rows = orjson.loads(response.getvalue())
        assert [row["id"] for row in rows] == [each.pk for each in feedbacks[::-1]]
    assert list(rows[0]) == FEEDBACK_KEYS


def test_the_whole_list_comes_as_a_stream_and_with_the_bytes_of_a_page(viewer_api):
    FeedbackFactory(comment="Schön 🧵", answered=True)
    FeedbackFactory(private=True)

    whole, page = viewer_api.get("/api/feedbacks"), viewer_api.get("/api/feedbacks?page=1")

    assert whole.streaming
    assert page.content.startswith(b'{"feedbacks":' + whole.getvalue())


def test_an_empty_list_is_an_empty_array(viewer_api):
    assert viewer_api.get("/api/feedbacks").getvalue() == b"[]"
    assert viewer_api.get("/api/feedbacks?page=1").json() == {
        "feedbacks": [],
        "pagination": {"page": 1, "limit": 10, "total": 0, "totalPages": 0},
    }


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_whole_list_is_whole_however_it_is_cut(viewer_api, size):
    orders = [OrderFactory(completed=True, lines=[]) for _ in range(3)]
    moment = datetime(2025, 2, 1, tzinfo=UTC)
    made = [FeedbackFactory(order=order, created_at=moment) for order in orders]

    rows = [row for portion in Feedback.objects.portions(size) for row in portion]

    assert rows == made[::-1]


def test_a_page_tells_where_it_stands(viewer_api):
    newest = [FeedbackFactory() for _ in range(12)][::-1]

    body = viewer_api.get("/api/feedbacks?page=2&limit=10").json()

    assert [row["id"] for row in body["feedbacks"]] == [each.pk for each in newest[10:]]
    assert body["pagination"] == {"page": 2, "limit": 10, "total": 12, "totalPages": 2}


@pytest.mark.parametrize(
    ("query", "page", "limit"),
    [
        ("page=1&limit=100", 1, 100),
        ("limit=20", 1, 20),
        ("limit=7", 1, 10),
        ("limit=12abc", 1, 10),
        ("page=zzz", 1, 10),
        ("page=-3", 1, 10),
        ("page=9", 9, 10),
        ("page=2.9", 2, 10),
    ],
)
def test_senseless_pages_become_sensible(viewer_api, query, page, limit):
    pagination = viewer_api.get(f"/api/feedbacks?{query}").json()["pagination"]

    assert (pagination["page"], pagination["limit"]) == (page, limit)


def test_one_feedback_is_shown(viewer_api):
    feedback = FeedbackFactory(answered=True, product_quality=3)

    body = viewer_api.get(f"/api/feedbacks/{feedback.pk}").json()

    assert list(body) == FEEDBACK_KEYS
    assert (body["productQuality"], body["deliveryExperience"]) == (3, None)
    assert body["responseText"] == "Thank you!"
    assert STAMP.fullmatch(body["respondedAt"])


@pytest.mark.parametrize("number", ["999999", "x", "99999999999999999999", "0", "2147483648"])
def test_what_is_not_there_is_404(viewer_api, number):
    assert refusal(viewer_api.get(f"/api/feedbacks/{number}"), 404) == "Feedback not found"
    missing = viewer_api.get(f"/api/feedbacks/order/{number}")
    assert refusal(missing, 404) == "Feedback for this order not found"


def test_the_feedback_of_an_order_is_found_by_the_orders_number(viewer_api, order):
    assert refusal(viewer_api.get(f"/api/feedbacks/order/{order.pk}"), 404)
    feedback = FeedbackFactory(order=order)

    assert viewer_api.get(f"/api/feedbacks/order/{order.pk}").json()["id"] == feedback.pk


# 1.19, 4.8: statistics


def test_averages_are_text_and_the_count_is_a_number(viewer_api):
    FeedbackFactory(rating=5, product_quality=5)
    FeedbackFactory(rating=4, product_quality=4, private=True)
    FeedbackFactory(rating=4)

    response = viewer_api.get("/api/feedbacks/stats")

    assert response.content == (
        b'{"avgRating":"4.33","avgProductQuality":"4.50","avgDeliveryExperience":null,'
        b'"totalFeedbacks":3}'
    )


def test_no_feedback_has_no_averages(viewer_api):
    assert viewer_api.get("/api/feedbacks/stats").json() == {
        "avgRating": None,
        "avgProductQuality": None,
        "avgDeliveryExperience": None,
        "totalFeedbacks": 0,
    }


def test_half_a_hundredth_goes_up(viewer_api):
    for rating in (5, 4, 4, 4, 4, 4, 4, 4):
        FeedbackFactory(rating=rating)

    assert viewer_api.get("/api/feedbacks/stats").json()["avgRating"] == "4.13"


# 1.21: staff write it down


def test_staff_write_feedback_down_and_it_is_public(operator_api, order, link):
    response = post(
        operator_api, "feedbacks", {"orderId": str(order.pk), "rating": 4, "comment": " Nice "}
    )

    body = response.json()
    assert response.status_code == 201
    assert list(body) == FEEDBACK_KEYS
    assert (body["orderId"], body["rating"], body["comment"]) == (order.pk, 4, "Nice")
    assert body["isPublic"] is True


def test_staffs_feedback_touches_no_link(operator_api, anonymous_api, order, link):
    post(operator_api, "feedbacks", {"orderId": order.pk, "rating": 4})

    assert validate(anonymous_api, link.secret).json()["hasExistingFeedback"] is True
    assert refusal(submit(anonymous_api, link)) == EXISTS


def test_staff_may_keep_it_private(operator_api, order):
    body = {"orderId": order.pk, "rating": 4, "isPublic": False, "productQuality": 0}

    created = post(operator_api, "feedbacks", body).json()

    assert (created["isPublic"], created["productQuality"]) == (False, None)


@pytest.mark.parametrize("value", ["false", "true", 1, 0, [], "", None])
def test_public_is_a_boolean_and_nothing_else(operator_api, order, value):
    sent = {"orderId": order.pk, "rating": 4, "isPublic": value}

    assert refusal(post(operator_api, "feedbacks", sent)) == "isPublic must be true or false"
    feedback = FeedbackFactory()
    change = operator_api.put(f"/api/feedbacks/{feedback.pk}", {"isPublic": value}, format="json")
    assert refusal(change) == "isPublic must be true or false"


@pytest.mark.parametrize("order_id", [None, "", 0, False])
def test_an_order_is_required(operator_api, order_id):
    refused = post(operator_api, "feedbacks", {"orderId": order_id, "rating": 9})

    assert refusal(refused) == "Order ID is required"


@pytest.mark.parametrize("order_id", [999_999, "x", "ORD200000", 2**31, [1], 1.5, True, -1])
def test_an_order_that_is_not_there_is_404(operator_api, order_id):
    refused = post(operator_api, "feedbacks", {"orderId": order_id, "rating": 9})

    assert refusal(refused, 404) == "Order not found"


def test_staffs_checks_come_in_the_order_of_the_contract(operator_api, order):
    wrong = {"orderId": order.pk, "rating": 9, "comment": "x" * 1001}
    order.status = "processing"
    order.save()
    FeedbackFactory(order=order)

    assert refusal(post(operator_api, "feedbacks", wrong)) == NOT_COMPLETED
    order.status = "completed"
    order.save()
    assert refusal(post(operator_api, "feedbacks", wrong)) == EXISTS
    Feedback.objects.all().delete()
    assert refusal(post(operator_api, "feedbacks", wrong)) == RATING


@pytest.mark.parametrize(("answer", "message"), REFUSED_RATINGS)
def test_staff_hear_the_same_sentences(operator_api, order, answer, message):
    refused = post(operator_api, "feedbacks", {"orderId": order.pk, **answer})

    assert refusal(refused) == message


def test_an_idempotency_key_replays_the_answer(operator_api, order):
    body = {"orderId": order.pk, "rating": 4}
    headers = {"Idempotency-Key": "once"}

    first, again = (
        operator_api.post("/api/feedbacks", body, format="json", headers=headers) for _ in "12"
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


# 1.22: replying, showing, hiding


def put(api, feedback, body):
    return api.put(f"/api/feedbacks/{feedback.pk}", body, format="json")


def test_a_reply_is_dated_and_clearing_it_clears_the_date(operator_api):
    feedback = FeedbackFactory()

    replied = put(operator_api, feedback, {"responseText": "  Thank you!  "}).json()
    cleared = [
        put(operator_api, feedback, {"responseText": blank}).json() for blank in ("  ", None)
    ]

    assert replied["responseText"] == "Thank you!"
    assert STAMP.fullmatch(replied["respondedAt"])
    assert [(each["responseText"], each["respondedAt"]) for each in cleared] == [("", None)] * 2


def test_only_what_is_sent_changes_but_the_date_always(operator_api):
    feedback = FeedbackFactory(product_quality=3, comment="Nice", answered=True)
    other = OrderFactory(completed=True)

    with time_machine.travel(datetime(2026, 3, 1, 8, tzinfo=UTC), tick=False):
        changed = put(operator_api, feedback, {"orderId": other.pk, "isPublic": False}).json()
        nothing = put(operator_api, feedback, {}).json()

    assert changed["isPublic"] is False
    assert (changed["orderId"], changed["rating"]) == (feedback.order_id, 5)
    assert (changed["comment"], changed["productQuality"]) == ("Nice", 3)
    assert changed["responseText"] == "Thank you!"
    assert changed["updatedAt"] == nothing["updatedAt"] == "2026-03-01T08:00:00.000Z"


@pytest.mark.parametrize("nothing", [None, 0])
def test_detail_ratings_can_be_cleared(operator_api, nothing):
    feedback = FeedbackFactory(product_quality=3, delivery_experience=4)

    sent = {"productQuality": nothing, "deliveryExperience": nothing, "comment": None}
    body = put(operator_api, feedback, sent).json()

    assert (body["productQuality"], body["deliveryExperience"]) == (None, None)
    assert body["comment"] == ""


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"rating": None}, RATING_REQUIRED),
        ({"rating": 0}, RATING),
        ({"productQuality": 7}, QUALITY),
        ({"deliveryExperience": "x"}, DELIVERY),
        ({"comment": "x" * 1001}, COMMENT),
        ({"responseText": "x" * 1001}, RESPONSE),
        ({"responseText": 7}, "Response must be text"),
    ],
)
def test_a_change_is_judged_before_the_feedback_is_looked_for(operator_api, sent, message):
    feedback = FeedbackFactory()

    assert refusal(put(operator_api, feedback, sent)) == message
    for number in ("999999", "x"):
        missing = operator_api.put(f"/api/feedbacks/{number}", sent, format="json")
        assert refusal(missing) == message


@pytest.mark.parametrize("number", ["999999", "x", "99999999999999999999"])
def test_changing_what_is_not_there_is_404(operator_api, number):
    missing = operator_api.put(f"/api/feedbacks/{number}", {"rating": 5}, format="json")

    assert refusal(missing, 404) == "Feedback not found"


# 1.23: the link


def generate(api, order):
    return api.post(
        f"/api/feedbacks/generate-token/{order.pk}", data=b"", content_type="application/json"
    )


def test_a_link_is_made_from_an_empty_body(operator_api, anonymous_api, order):
    with time_machine.travel(datetime(2025, 2, 1, 8, tzinfo=UTC), tick=False):
        response = generate(operator_api, order)
        assert validate(anonymous_api, response.json()["token"]).status_code == 200

    body = response.json()
    assert response.status_code == 200
    assert list(body) == ["token", "orderId", "expiresAt"]
    assert re.fullmatch(r"[0-9a-f]{64}", body["token"])
    assert (body["orderId"], body["expiresAt"]) == (order.pk, "2025-03-03T08:00:00.000Z")


def test_a_second_call_returns_the_same_link_and_expiry(operator_api, order):
    assert generate(operator_api, order).json() == generate(operator_api, order).json()
    assert FeedbackToken.objects.count() == 1


@pytest.mark.parametrize("trait", ["used", "revoked", "expired"])
def test_a_link_that_is_over_is_followed_by_another(operator_api, anonymous_api, order, trait):
    over = FeedbackTokenFactory(order=order, **{trait: True})

    token = generate(operator_api, order).json()["token"]

    assert token != over.secret
    assert validate(anonymous_api, token).status_code == 200


def test_a_link_is_only_made_for_a_completed_order(operator_api):
    message = "Feedback tokens can only be generated for completed orders"
    for status in ("pending", "processing", "cancelled"):
        assert refusal(generate(operator_api, OrderFactory(status=status))) == message


def test_no_link_is_made_where_there_is_feedback(operator_api, order):
    FeedbackFactory(order=order)

    refused = generate(operator_api, order)

    assert refusal(refused) == "Feedback already submitted for this order"


@pytest.mark.parametrize("number", ["999999", "x", "99999999999999999999"])
def test_no_link_is_made_for_an_order_that_is_not_there(operator_api, number):
    missing = operator_api.post(f"/api/feedbacks/generate-token/{number}")

    assert refusal(missing, 404) == "Order not found"

import gzip
import json
import threading

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.core.models import IdempotentAnswer, OutboxMessage
from tests.core.idempotent_urls import gate

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.core.idempotent_urls"),
]
KEY = {"Idempotency-Key": "till-7/0815"}


@pytest.fixture(autouse=True)
def _open_gate():
    gate.set()
    yield
    gate.set()


def place(api, body=None, headers=KEY):
    return api.post("/parcels", body or {"task": "parcel"}, format="json", headers=headers)


def test_the_same_post_twice_has_one_effect_and_two_equal_answers(operator_api):
    first, second = place(operator_api), place(operator_api)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first["Location"] == second["Location"]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert OutboxMessage.objects.count() == 1


def test_twins_at_the_same_time_have_one_effect(operator_api):
    gate.clear()
    answers = []

    def post():
        client = APIClient()
        client.credentials(**operator_api._credentials)
        try:
            answers.append(place(client))
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(timeout=60)

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    assert OutboxMessage.objects.count() == 1


def test_without_a_key_each_post_counts(operator_api):
    place(operator_api, headers={})
    place(operator_api, headers={})

    assert OutboxMessage.objects.count() == 2


def test_the_key_of_another_request_is_refused(operator_api):
    place(operator_api)

    response = place(operator_api, {"task": "letter"})

    assert response.status_code == 409
    assert response.json()["code"] == "idempotency_mismatch"
    assert OutboxMessage.objects.count() == 1


def test_order_of_keys_and_compression_make_no_other_request(operator_api):
    body = {"task": "parcel", "to": "Kiel"}
    place(operator_api, body)
    turned = gzip.compress(json.dumps({"to": "Kiel", "task": "parcel"}, indent=4).encode())

    response = operator_api.post(
        "/parcels",
        turned,
        content_type="application/json",
        headers=KEY | {"Content-Encoding": "gzip"},
    )

    assert response["Idempotency-Replayed"] == "true"


def test_two_callers_may_use_the_same_key(operator_api, admin_api):
    first, second = place(operator_api), place(admin_api)

    assert first.json() != second.json()
    assert OutboxMessage.objects.count() == 2


def test_a_refused_request_leaves_nothing_and_its_key_may_be_used_again(operator_api):
    refused = place(operator_api, {"task": "parcel", "refuse": True})
    placed = place(operator_api, {"task": "parcel"})

    assert (refused.status_code, placed.status_code) == (409, 201)
    assert OutboxMessage.objects.count() == 1
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.parametrize("key", ["x" * 129, "tab\there"])
def test_a_key_that_cannot_be_kept_is_refused(operator_api, key):
    response = place(operator_api, headers={"Idempotency-Key": key})

    assert response.status_code == 422
    assert response.json()["details"][0]["field"] == "Idempotency-Key"
    assert OutboxMessage.objects.count() == 0


def test_viewers_do_not_post(viewer_api):
    assert place(viewer_api).status_code == 403
    assert IdempotentAnswer.objects.count() == 0

"""The promises of exports (jobs contract, 4, 5 and 15): paths, JSON, limits and codes."""

import pytest

from apps.jobs.models import Job
from tests.exports.world import of_orders
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db


def post(api, body, path="/export", **headers):
    return api.post(path, body, format="json", headers=headers)


def test_export_answers_202_with_the_job_and_where_to_ask(operator_api):
    answer = post(operator_api, of_orders(format="xlsx", filename="nov"))

    assert answer.status_code == 202
    body = answer.json()
    assert body == {
        "jobId": body["jobId"],
        "status": "pending",
        "statusUrl": f"/status/{body['jobId']}",
    }
    assert answer["Location"] == body["statusUrl"]
    assert answer["Retry-After"] == "2"
    job = Job.objects.get(pk=body["jobId"])
    assert (job.type, job.queue, job.title) == ("export", "quick", "Orders as xlsx")


def test_the_same_key_and_body_is_one_job_and_another_body_409(operator_api):
    key = {"Idempotency-Key": "november"}

    first = post(operator_api, of_orders(), **key)
    second = post(operator_api, of_orders(), **key)
    other = post(operator_api, of_orders(limit=1), **key)

    assert first.json() == second.json()
    assert other.status_code == 409
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ([], "", "invalid"),
        ({}, "source", "required"),
        ({"source": {"kind": "table", "dataset": "auth_user"}}, "source.kind", "invalid_choice"),
        ({"source": {"kind": "dataset"}}, "source.dataset", "required"),
        (of_orders(source={"kind": "dataset", "dataset": "orders", "x": 1}), "source.x", "unknown"),
        (of_orders(colums=[]), "colums", "unknown"),
        (of_orders(format="parquet"), "format", "invalid_choice"),
        (of_orders(format=["csv"]), "format", "invalid_choice"),
        (of_orders(columns=["code", "password"]), "columns[1]", "unknown_column"),
        (of_orders(columns=["code", "code"]), "columns[1]", "duplicate"),
        (of_orders(columns=[]), "columns", "invalid"),
        (of_orders(columns=["\x00"]), "columns[0]", "invalid"),
        (of_orders(rename={"nobody": "x"}), "rename.nobody", "unknown_column"),
        (of_orders(rename={"id": "code"}), "rename", "duplicate"),
        (of_orders(limit=0), "limit", "out_of_range"),
        (of_orders(limit=True), "limit", "out_of_range"),
        (of_orders(keepDays=366), "keepDays", "out_of_range"),
        (of_orders(filename="x" * 101), "filename", "invalid"),
        (of_orders(formatOptions={"nullText": "a,b"}), "formatOptions.nullText", "invalid"),
        (of_orders(formatOptions={"split": True}), "formatOptions.split", "unknown"),
        (of_orders(sort=[{"field": "code; --"}]), "sort[0].field", "unknown_column"),
        (of_orders(sort=[{"field": "code", "dir": "up"}]), "sort[0].dir", "invalid_choice"),
        (of_orders(filters=[{"field": "no", "value": 1}]), "filters[0].field", "unknown_column"),
    ],
)
def test_what_cannot_be_is_422_and_starts_nothing(operator_api, body, field, code):
    for path in ("/export", "/export/estimate"):
        answer = post(operator_api, body, path)

        assert answer.status_code == 422
        complaints = [(detail["field"], detail["code"]) for detail in answer.json()["details"]]
        assert (field, code) in complaints
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("field", "op", "value", "where"),
    [
        ("code", "regex", "x", "op"),
        ("code", ["eq"], "x", "op"),
        ("priority", "contains", "1", "op"),
        ("code", "eq", 7, "value"),
        ("code", "eq", None, "value"),
        ("code", "eq", "\x00", "value"),
        ("code", "contains", {"a": 1}, "value"),
        ("priority", "eq", "7", "value"),
        ("priority", "eq", True, "value"),
        ("totalPrice", "gt", "NaN", "value"),
        ("totalPrice", "gt", "1e999999", "value"),
        ("createdAt", "gt", "yesterday", "value"),
        ("createdAt", "gt", 5, "value"),
        ("code", "in", "ORD1", "value"),
        ("code", "in", [], "value"),
        ("code", "isNull", "maybe", "value"),
        ("code", "isNull", 0, "value"),
    ],
)
def test_a_filter_that_cannot_be_is_422_and_named(operator_api, field, op, value, where):
    body = of_orders(filters=[{"field": field, "op": op, "value": value}])

    answer = post(operator_api, body)

    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"].startswith(f"filters[0].{where}")


def test_viewers_may_not_export_and_keys_only_what_they_may_read(viewer_api, anonymous_api):
    owner = UserFactory(operator=True)

    def with_scopes(*scopes):
        key = ApiKeyFactory(owner=owner, scopes=list(scopes))
        anonymous_api.credentials(HTTP_AUTHORIZATION=f"Bearer {key.token}")
        return post(anonymous_api, of_orders()).status_code

    assert post(anonymous_api, of_orders()).status_code == 401
    assert post(viewer_api, of_orders()).status_code == 403
    assert with_scopes("desk:read") == 403
    assert with_scopes("jobs:write") == 403
    assert with_scopes("jobs:write", "desk:read") == 202


def test_data_sets_are_listed_with_their_columns(viewer_api):
    listed = viewer_api.get("/export/datasets").json()["datasets"]

    names = [dataset["dataset"] for dataset in listed]
    assert names == ["feedback", "items", "orderLines", "orders"]
    deleted = next(c for c in listed[1]["columns"] if c["name"] == "isDeleted")
    assert (deleted["type"], deleted["operators"]) == ("boolean", ["eq", "ne", "in", "isNull"])


def test_the_eleventh_open_job_is_429(operator_api):
    for _ in range(10):
        JobFactory(owner=operator_api.user, type="generation")

    answer = post(operator_api, of_orders())

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_open_jobs")


def test_a_post_needs_few_queries(operator_api, django_assert_max_num_queries):
    # 2 for the API key, 4 to begin and end the transaction, 6 of its own.
    with django_assert_max_num_queries(12):
        post(operator_api, of_orders())

"""The data jobs' promises (jobs contract, 4 to 8 and 15): paths, JSON, limits and codes."""

import csv
import hashlib
import io

import pytest
from django.utils import timezone

from apps.jobs.models import Job
from apps.jobs.services.steer_many import steer_many
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.jobs import JobFactory
from tests.generation.world import content_of, customers, generate, worked_on

pytestmark = pytest.mark.django_db(transaction=True)


def post(api, path, body, **headers):
    return api.post(path, body, format="json", headers=headers)


@pytest.fixture
def made(operator_api):
    return generate(customers(300, filename="nov"), owner=operator_api.user)


def test_generate_answers_202_with_the_job_and_where_to_ask(operator_api):
    answer = post(operator_api, "/generate", customers(5_000))

    assert answer.status_code == 202
    body = answer.json()
    assert body["status"] == "pending"
    assert body["statusUrl"] == answer["Location"] == f"/status/{body['jobId']}"
    assert answer["Retry-After"] == "2"
    assert body["estimatedBytes"] > 100_000
    status = operator_api.get(body["statusUrl"]).json()
    assert (status["type"], status["status"], status["resultUri"]) == (
        "generation",
        "pending",
        None,
    )


def test_a_finished_generation_tells_where_its_result_is(operator_api, made):
    body = operator_api.get(f"/status/{made.pk}").json()

    assert (body["status"], body["state"]) == ("completed", "completed")
    assert body["resultUri"] == f"/status/{made.pk}/result"
    assert body["result"]["filename"] == "nov.csv"
    assert body["result"]["rows"] == 300
    assert body["progress"]["percent"] == 100
    assert body["progress"]["etaSec"] == 0
    assert body["error"] is None
    assert "storage" not in str(body)


def test_the_result_is_an_attachment_whose_bytes_are_those_promised(operator_api, made):
    answer = operator_api.get(f"/status/{made.pk}/result")

    content = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == (
        "attachment; filename=\"nov.csv\"; filename*=UTF-8''nov.csv"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert int(answer["Content-Length"]) == len(content) == made.result_meta["bytes"]
    assert hashlib.sha256(content).hexdigest() == made.result_meta["sha256"]


@pytest.mark.parametrize(
    ("wanted", "begin", "end"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-5", -5, None)],
)
def test_a_range_of_the_result_can_be_had(operator_api, made, wanted, begin, end):
    answer = operator_api.get(f"/status/{made.pk}/result", headers={"Range": wanted})

    assert answer.status_code == 206
    assert b"".join(answer.streaming_content) == content_of(made)[begin:end]
    assert answer["Content-Range"].endswith(f"/{made.result_meta['bytes']}")


def test_a_range_beyond_the_end_is_416_and_a_known_etag_304(operator_api, made):
    url = f"/status/{made.pk}/result"
    etag = operator_api.get(url)["ETag"]

    assert operator_api.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416
    assert operator_api.get(url, headers={"If-None-Match": etag}).status_code == 304
    other = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert operator_api.get(url, headers=other).status_code == 200


def test_a_result_is_409_before_410_after_and_404_where_there_is_none(operator_api, made):
    waiting = JobFactory(owner=operator_api.user, type="generation")
    without = JobFactory(owner=operator_api.user, completed=True)
    Job.objects.filter(pk=made.pk).update(result_expires_at=timezone.now())

    def code(job):
        answer = operator_api.get(f"/status/{job.pk}/result")
        return answer.status_code, answer.json()["code"]

    assert code(waiting) == (409, "result_not_ready")
    assert code(made) == (410, "result_expired")
    assert code(without) == (404, "no_result")
    expired = operator_api.get(f"/status/{made.pk}").json()
    assert (expired["state"], expired["resultUri"]) == ("expired", None)
    listed = operator_api.get("/status?state=expired").json()["jobs"]
    assert [job["jobId"] for job in listed] == [str(made.pk)]


def test_the_preview_shows_the_first_rows_of_the_job(operator_api, made):
    document = customers(300, filename="nov")

    body = post(operator_api, "/generate/preview", document).json()

    rows = list(csv.DictReader(io.StringIO(content_of(made).decode(), newline="")))
    assert len(body["rows"]) == 20
    assert body["seed"] == 7
    assert [row["email"] for row in body["rows"]] == [row["email"] for row in rows[:20]]
    assert [row["note"] or "" for row in body["rows"]] == [row["note"] for row in rows[:20]]


def test_the_catalogue_has_an_example_of_every_type(viewer_api):
    types = viewer_api.get("/generate/types").json()

    assert len(types) > 45
    email = next(kind for kind in types if kind["type"] == "email")
    assert email["params"][0]["name"] == "domain"
    assert email["localized"] is True
    assert [kind["type"] for kind in types if kind["example"] is None] == ["reference"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (customers(0), "rows", "out_of_range"),
        (customers(1_000_001), "rows", "out_of_range"),
        (customers(sede=1), "sede", "unknown"),
        (customers(format="parquet"), "format", "invalid_choice"),
        (customers(formatOptions={"delimiter": "x"}), "formatOptions.delimiter", "invalid_choice"),
        (customers(formatOptions={"sheetName": "x"}), "formatOptions.sheetName", "unknown"),
        ({"schema": "nobody@2"}, "schema", "schema_not_found"),
        ([], "", "invalid"),
        (
            customers(
                fields=[
                    {"name": "a", "type": "word"},
                    {"name": "b", "type": "expression", "expression": "a * 2"},
                ]
            ),
            "fields",
            "expression_failed",
        ),
    ],
)
def test_a_schema_that_cannot_be_is_422_and_starts_nothing(operator_api, body, field, code):
    answer = post(operator_api, "/generate", body)

    assert answer.status_code == 422
    assert {"field": field, "code": code} in [
        {"field": detail["field"], "code": detail["code"]} for detail in answer.json()["details"]
    ]
    assert not Job.objects.exists()


def test_malformed_json_is_400_and_a_large_body_413(operator_api):
    send = {"content_type": "application/json"}

    assert operator_api.post("/generate", "{", **send).status_code == 400
    large = '{"name": "' + "x" * 1_048_576 + '"}'
    assert operator_api.post("/generate", large, **send).status_code == 413


def test_a_file_that_would_be_too_large_is_refused(operator_api, settings):
    settings.MAX_RESULT_BYTES = 10_000

    answer = post(operator_api, "/generate", customers(5_000))

    assert (answer.status_code, answer.json()["code"]) == (422, "limit_exceeded")


def test_the_eleventh_open_job_is_429(operator_api):
    for _ in range(10):
        JobFactory(owner=operator_api.user, type="generation")

    answer = post(operator_api, "/generate", customers())

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_open_jobs")
    assert int(answer["Retry-After"]) > 0


def test_the_same_key_and_body_is_one_job_and_another_body_409(operator_api):
    key = {"Idempotency-Key": "november"}

    first = post(operator_api, "/generate", customers(seed=None), **key)
    second = post(operator_api, "/generate", customers(seed=None), **key)
    other = post(operator_api, "/generate", customers(7), **key)

    assert first.json() == second.json()
    assert other.status_code == 409
    assert Job.objects.count() == 1


def test_a_post_needs_few_queries(operator_api, django_assert_max_num_queries):
    post(operator_api, "/generate", customers())  # the catalogue is read once a process

    # 2 for the API key, 4 to begin and end the transaction, 6 of its own.
    with django_assert_max_num_queries(12):
        post(operator_api, "/generate", customers())


def test_viewers_may_not_start_and_strangers_see_nothing(viewer_api, operator_api, anonymous_api):
    job = JobFactory(owner=operator_api.user, type="generation")

    assert post(viewer_api, "/generate", customers()).status_code == 403
    assert post(anonymous_api, "/generate", customers()).status_code == 401
    for path in ("", "/result", "/events"):
        assert viewer_api.get(f"/status/{job.pk}{path}").status_code == 404
    key = ApiKeyFactory(owner=UserFactory(operator=True), scopes=["jobs:read"])
    anonymous_api.credentials(HTTP_AUTHORIZATION=f"Bearer {key.token}")
    assert post(anonymous_api, "/generate", customers()).status_code == 403


def test_saved_schemas_have_versions_and_can_be_named(operator_api):
    document = {name: value for name, value in customers().items() if name != "rows"}
    path = "/generate/schemas/customers"

    first = operator_api.put(path, document, format="json").json()
    again = operator_api.put(path, document, format="json").json()
    changed = operator_api.put(path, {**document, "seed": 8}, format="json").json()
    started = post(operator_api, "/generate", {"schema": "customers@1", "rows": 12})

    assert (first["version"], again["version"], changed["version"]) == (1, 1, 2)
    assert operator_api.get(path).json()["document"]["seed"] == 8
    assert operator_api.get(f"{path}?version=1").json()["document"]["seed"] == 7
    assert [s["version"] for s in operator_api.get("/generate/schemas").json()["schemas"]] == [2]
    params = Job.objects.get(pk=started.json()["jobId"]).params
    assert (params["seed"], params["rows"]) == (7, 12)
    assert operator_api.delete(path).status_code == 204
    assert operator_api.get(path).json()["code"] == "schema_not_found"


def test_a_bad_schema_is_not_saved(operator_api):
    bad = operator_api.put("/generate/schemas/bad", {"fields": []}, format="json")
    named = operator_api.put("/generate/schemas/2bad", customers(), format="json")

    assert (bad.status_code, named.status_code) == (422, 422)
    assert operator_api.get("/generate/schemas").json() == {"schemas": []}


def test_a_clone_makes_the_same_bytes_and_with_overrides_others(operator_api, made):
    path = f"/status/{made.pk}/clone"

    same = Job.objects.get(pk=post(operator_api, path, {}).json()["jobId"])
    body = {"overrides": {"rows": 10, "format": "ndjson"}}
    other = Job.objects.get(pk=post(operator_api, path, body).json()["jobId"])

    assert worked_on(same).result_meta["sha256"] == made.result_meta["sha256"]
    assert worked_on(other).result_meta["filename"] == "nov.ndjson"
    assert content_of(other).count(b"\n") == 10
    upload = JobFactory(owner=operator_api.user, completed=True)
    assert post(operator_api, f"/status/{upload.pk}/clone", {}).json()["code"] == "not_clonable"


def test_cancelling_leaves_nothing_and_a_retry_begins_anew(operator_api, made):
    job = Job.objects.get(pk=post(operator_api, "/generate", customers()).json()["jobId"])

    cancelled = operator_api.post(f"/status/{job.pk}/cancel")
    retried = operator_api.post(f"/status/{job.pk}/retry")

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert retried.status_code == 202
    job.refresh_from_db()
    assert worked_on(job).status == "completed"
    assert operator_api.post(f"/status/{made.pk}/cancel").json()["code"] == "illegal_transition"


def test_bulk_counts_first_and_then_does_it(operator_api):
    failed = [JobFactory(owner=operator_api.user, failed=True, type="generation") for _ in range(3)]
    JobFactory(owner=operator_api.user, type="generation")
    JobFactory(failed=True, type="generation")  # somebody else's
    asked = {"action": "delete", "filter": {"type": "generation"}, "dryRun": True}

    counted = post(operator_api, "/status/bulk", asked)
    done = post(operator_api, "/status/bulk", {**asked, "dryRun": False})

    assert counted.status_code == done.status_code == 202
    assert counted.json() == {"action": "delete", "matched": 4, "count": 3, "dryRun": True}
    assert done.json()["count"] == 3
    steer_many(action="delete", actor="me", job_ids=[str(job.pk) for job in failed])
    assert operator_api.get("/status").json()["pagination"]["total"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"action": "cancel"},
        {"action": "cancel", "filter": {}},
        {"action": "explode", "ids": ["x"]},
        {"action": "cancel", "ids": []},
        {"action": "cancel", "ids": ["x"], "filter": {"q": "a"}},
        {"action": "cancel", "filter": {"q": "a"}, "sure": True},
    ],
)
def test_a_bulk_that_names_nothing_clear_is_422(operator_api, body):
    assert post(operator_api, "/status/bulk", body).status_code == 422


def test_polling_with_an_etag_costs_nothing_until_something_changes(operator_api, made):
    url = f"/status/{made.pk}"
    first = operator_api.get(url)

    assert operator_api.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert first["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", [7, ["a"], {"a": 1}, True])
@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/generate"), ("post", "/generate/preview"), ("put", "/generate/schemas/people")],
)
def test_a_name_that_is_no_text_is_422(operator_api, method, path, name):
    body = {**customers(), "name": name}

    answer = getattr(operator_api, method)(path, body, format="json")

    assert answer.status_code == 422
    assert "name" in {detail["field"].rpartition(".")[2] for detail in answer.json()["details"]}


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_name_that_postgresql_cannot_be_asked_for_is_404(operator_api, method):
    answer = getattr(operator_api, method)("/generate/schemas/%00")

    assert (answer.status_code, answer.json()["code"]) == (404, "schema_not_found")

import gzip
import json

import pytest
from django.conf import settings as django_settings

from apps.batches.models import BatchRun
from apps.core.models import OutboxMessage
from apps.jobs.models import Job
from tests.factories.batches import BatchSessionFactory, upload_of


def records(count):
    return [{"requestId": f"RX-{n}", "memberId": f"M-{n}"} for n in range(1, count + 1)]


def submission(session, **changes):
    return {"sessionId": session.public_id, "records": records(3), **changes}


def test_a_batch_is_accepted_with_its_address(operator_api, session):
    response = operator_api.post("/api/jobs", submission(session), format="json")

    assert response.status_code == 202
    body = response.json()
    assert body["status"] == "queued"
    assert body["totalRecords"] == 3
    assert body["statusUrl"] == response["Location"] == f"/api/jobs/{body['jobId']}"
    assert operator_api.get(response["Location"]).json()["status"] == "waiting"
    assert OutboxMessage.objects.filter(task="jobs.run_slice").count() == 1


def test_the_alias_answers_200(operator_api, session):
    response = operator_api.post("/api/queue-batch", submission(session), format="json")

    assert response.status_code == 200
    assert response.json()["jobId"].startswith("job_")


def test_acceptance_costs_the_same_for_many_records(
    operator_api, session, django_assert_max_num_queries
):
    body = submission(session, records=records(2000))

    with django_assert_max_num_queries(20):
        response = operator_api.post("/api/jobs", body, format="json")

    assert response.status_code == 202


@pytest.mark.parametrize("missing", ["sessionId", "records"])
def test_missing_data_is_400(operator_api, session, missing):
    body = {name: value for name, value in submission(session).items() if name != missing}

    response = operator_api.post("/api/jobs", body, format="json")

    assert (response.status_code, response.json()["error"]) == (400, "Missing data")


def test_an_empty_list_is_missing_data(operator_api, session):
    response = operator_api.post("/api/jobs", submission(session, records=[]), format="json")

    assert (response.status_code, response.json()["code"]) == (400, "missing_data")


def test_records_and_source_together_are_refused(operator_api, session):
    body = submission(session, source={"uploadId": "x"})

    assert operator_api.post("/api/jobs", body, format="json").status_code == 422


@pytest.mark.parametrize(
    "change", [{"priority": 10}, {"verbose": "perhaps"}, {"records": "text"}, {"records": [1]}]
)
def test_a_bad_option_is_422(operator_api, session, change):
    response = operator_api.post("/api/jobs", submission(session, **change), format="json")

    assert response.status_code == 422
    assert not Job.objects.exists()


def test_an_unknown_session_is_404_with_its_code(operator_api, session):
    body = submission(session, sessionId="ses_" + "0" * 26)

    response = operator_api.post("/api/jobs", body, format="json")

    assert response.status_code == 404
    assert response.json()["code"] == "session_not_found"


def test_an_expired_session_is_410(operator_api):
    session = BatchSessionFactory(owner=operator_api.user, expired=True)

    response = operator_api.post("/api/jobs", submission(session), format="json")

    assert response.status_code == 410
    assert response.json()["code"] == "session_expired"


def test_invalid_records_are_listed_with_index_and_row(operator_api, session):
    bad = [*records(2), {"requestId": "RX-9", "memberId": " "}]

    response = operator_api.post("/api/jobs", submission(session, records=bad), format="json")

    assert response.status_code == 422
    body = response.json()
    assert (body["invalidCount"], body["totalRecords"]) == (1, 3)
    (detail,) = body["details"]
    assert (detail["index"], detail["row"]) == (2, 4)
    assert detail["issues"][0]["field"] == "memberId"
    assert not Job.objects.exists()


def test_a_dry_run_counts_and_sends_nothing(operator_api, session):
    body = submission(session, dryRun=True, records=[*records(2), {"requestId": "RX-9"}])

    response = operator_api.post("/api/jobs", body, format="json")

    assert response.status_code == 200
    assert response.json()["validCount"] == 2
    assert response.json()["invalidCount"] == 1
    assert "s3cret-key" not in response.content.decode()
    assert not Job.objects.exists()


def test_a_gzipped_body_is_understood(operator_api, session):
    body = gzip.compress(json.dumps(submission(session)).encode())

    response = operator_api.generic(
        "POST", "/api/jobs", body, content_type="application/json", HTTP_CONTENT_ENCODING="gzip"
    )

    assert response.status_code == 202


def test_the_cap_holds_for_the_inflated_body(operator_api, session):
    huge = b'{"records":"' + b"a" * (django_settings.BATCH_MAX_BODY_BYTES + 1) + b'"}'

    response = operator_api.generic(
        "POST",
        "/api/jobs",
        gzip.compress(huge, 1),
        content_type="application/json",
        HTTP_CONTENT_ENCODING="gzip",
    )

    assert response.status_code == 413
    assert response.json()["code"] == "payload_too_large"


def test_a_batch_may_be_larger_than_other_bodies(operator_api, session):
    many = [record | {"note": "n" * 400} for record in records(4000)]

    response = operator_api.post("/api/jobs", submission(session, records=many), format="json")

    assert response.status_code == 202


def test_a_viewer_cannot_submit(viewer_api, session):
    response = viewer_api.post("/api/jobs", submission(session), format="json")

    assert response.status_code == 403
    assert response.json()["code"] == "forbidden"


def test_a_stranger_cannot_submit_to_my_session(stranger_api, session):
    response = stranger_api.post("/api/jobs", submission(session), format="json")

    assert response.status_code == 404
    assert not Job.objects.exists()


def test_the_same_key_submits_once(operator_api, session):
    key = {"HTTP_IDEMPOTENCY_KEY": "march"}
    first = operator_api.post("/api/jobs", submission(session), format="json", **key)
    second = operator_api.post("/api/jobs", submission(session), format="json", **key)

    assert first.json() == second.json()
    assert second["Location"] == first["Location"]
    assert BatchRun.objects.count() == 1


@pytest.fixture
def claims_csv(tmp_path, operator_api):
    path = tmp_path / "claims.csv"
    path.write_text("Claim,Member\nRX-1,M-1\nRX-2,M-2\nRX-3,\n", encoding="utf-8")
    return upload_of(path, operator_api.user)


MAPPING = {"Claim": {"field": "requestId"}, "Member": {"field": "memberId"}}


def test_a_file_is_previewed_and_then_submitted(operator_api, session, claims_csv):
    source = {"uploadId": str(claims_csv.pk), "mapping": MAPPING}
    body = {"sessionId": session.public_id, "source": source}

    preview = operator_api.post("/api/jobs/preview", body | {"limit": 2}, format="json")
    job = operator_api.post("/api/jobs", body, format="json")

    assert preview.status_code == 200, preview.content
    shown = preview.json()
    assert shown["columns"] == ["Claim", "Member"]
    assert (shown["records"], shown["invalid"], len(shown["sample"])) == (3, 1, 2)
    assert shown["sample"][0] == {
        "row": 2,
        "record": {"requestId": "RX-1", "memberId": "M-1"},
        "issues": [],
    }
    assert job.status_code == 202


def test_a_saved_mapping_is_named_in_a_source(operator_api, session, claims_csv):
    operator_api.put(
        f"/api/sessions/{session.public_id}/mappings/claims", {"mapping": MAPPING}, format="json"
    )
    source = {"uploadId": str(claims_csv.pk), "mappingName": "claims"}
    body = {"sessionId": session.public_id, "source": source}

    response = operator_api.post("/api/jobs/preview", body, format="json")

    assert response.json()["sample"][0]["record"] == {"requestId": "RX-1", "memberId": "M-1"}


@pytest.mark.parametrize("limit", [0, 51, "x"])
def test_a_preview_shows_one_to_fifty_rows(operator_api, session, claims_csv, limit):
    body = {"sessionId": session.public_id, "source": {"uploadId": str(claims_csv.pk)}}

    response = operator_api.post("/api/jobs/preview", body | {"limit": limit}, format="json")

    assert response.status_code == 422


def test_a_foreign_file_cannot_be_a_source(stranger_api, claims_csv):
    session = BatchSessionFactory(owner=stranger_api.user)
    body = {"sessionId": session.public_id, "source": {"uploadId": str(claims_csv.pk)}}

    assert stranger_api.post("/api/jobs/preview", body, format="json").status_code == 404
    assert stranger_api.post("/api/jobs", body, format="json").status_code == 404


def test_a_source_that_the_database_cannot_hold_is_refused(operator_api, session, claims_csv):
    source = {"uploadId": str(claims_csv.pk), "mapping": MAPPING, "constants": {"note": "a\0b"}}
    body = {"sessionId": session.public_id, "source": source}

    assert operator_api.post("/api/jobs", body, format="json").status_code == 422

"""Who may reach the routes of the batch contract, and what never leaves by them."""

from pathlib import Path

import pytest
from django.core.management import call_command

from apps.batches.models import BatchAnswer, BatchRow, BatchRun
from apps.jobs.models import Job
from tests.batches.api.world import answer_of, batch, finished
from tests.conftest import CallerClient
from tests.contracts.batch_routes import OWNED, ROUTES
from tests.factories.accounts import UserFactory
from tests.factories.batches import BatchSessionFactory

SECRET = "canary-4f1d9c"
BODIES = {
    "/api/jobs/{job}/retry": {"scope": "failed"},
    "/api/sessions/{session}/renew": {},
    "/api/sessions/{session}/mappings/claims": {},
}


@pytest.fixture
def session(operator_api):
    secrets = {"userId": "pharmacy-7", "apiKey": SECRET}
    return BatchSessionFactory(
        owner=operator_api.user, credentials=secrets, mappings={"claims": {}}
    )


@pytest.fixture
def run(session):
    run = batch(session, "succeeded", "failed", "needsAction", verbose=True)
    echoing = BatchRow.objects.get(run=run, seq=2)
    echo = answer_of(echoing, number=2)
    echo.headers = {"set-cookie": SECRET, "authorization": SECRET}
    echo.body = f'{{"headers":{{"Authorization":"Basic {SECRET}"}}}}'
    BatchAnswer.objects.bulk_create([echo])
    return finished(run)


def filled(path, session, run):
    return path.format(session=session.public_id, job=run.job.public_id)


def call(api, method, path, session, run):
    body = BODIES.get(path)
    if path in ("/api/sessions", "/api/init-session"):
        body = {"apiUrl": "not a url", "auth": {"userId": "a:b", "apiKey": SECRET}}
    elif path in ("/api/jobs", "/api/queue-batch") and method == "post":
        body = {"sessionId": session.public_id, "records": [{"a": 1}], "dryRun": True}
    elif path == "/api/jobs/preview":
        body = {"sessionId": session.public_id, "source": {"uploadId": "x"}}
    data = body if method in ("post", "put") else None
    return getattr(api, method)(filled(path, session, run), data, format="json")


def text_of(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace") + str(dict(response.items()))


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_answers_json_to_its_owner(admin_api, operator_api, session, run, method, path):
    api = admin_api if path.startswith("/api/queue/") else operator_api

    response = call(api, method, path, session, run)

    assert response.status_code not in (404, 405, 500), response.content
    assert "text/html" not in response.headers.get("Content-Type", "")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_answers_a_caller_without_a_token(anonymous_api, session, run, method, path):
    response = call(anonymous_api, method, path, session, run)

    assert response.status_code == 401
    assert response.json()["error"] == "No token provided"


@pytest.mark.parametrize(("method", "path"), OWNED)
def test_what_is_not_yours_does_not_exist(session, run, method, path):
    stranger = CallerClient(UserFactory(operator=True))

    response = call(stranger, method, path, session, run)

    assert response.status_code == 404
    assert response.json()["error"] in ("Job not found", "Session not found")
    assert BatchRun.objects.get(pk=run.pk).outcome == "partial"
    assert Job.objects.get(pk=run.pk).archived_at is None


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] != "get"])
def test_a_viewer_changes_nothing(viewer_api, session, run, method, path):
    assert call(viewer_api, method, path, session, run).status_code == 403


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_secret_leaves_by_no_route(admin_api, session, run, method, path):
    response = call(admin_api, method, path, session, run)

    assert SECRET not in text_of(response)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_both_forms_of_a_path_are_answered_without_a_redirect(
    anonymous_api, session, run, method, path
):
    assert call(anonymous_api, method, f"{path}/", session, run).status_code == 401


def test_the_schema_names_every_route_without_a_warning(tmp_path):
    schema = tmp_path / "schema.yml"

    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(schema))

    text = Path(schema).read_text(encoding="utf-8")
    for _, path in ROUTES:
        generic = path.replace("{session}", "{session_id}").replace("{job}", "{job_id}")
        generic = generic.replace("mappings/claims", "mappings/{name}").replace(
            "records/1", "records/{seq}"
        )
        assert f"  {generic}:\n" in text, generic

from datetime import UTC, datetime, timedelta

import pytest

from apps.batches.models import BatchSession
from apps.batches.tasks import erase_expired_credentials_task
from apps.jobs.models import Job
from apps.jobs.status import JobState
from tests.batches.api.world import batch, fresh, paused
from tests.factories.batches import BatchSessionFactory

BASIC = {"userId": "pharmacy-7", "apiKey": "s3cret-key"}
OPENING = {"apiUrl": "https://claims.partner.example/v2/submit", "auth": BASIC}
AUTHS = {
    "basic": {"type": "basic", **BASIC},
    "bearer": {"type": "bearer", "token": "let-me-in"},
    "apiKey": {"type": "apiKey", "headerName": "X-Partner-Key", "value": "k-77"},
    "none": {"type": "none"},
}
BAD_VALUES = [
    ("apiUrl", "not a url"),
    ("apiUrl", 7),
    ("apiUrl", "https://user:pass@partner.example/"),
    ("apiUrl", "https://partner.example/#there"),
    ("apiUrl", "ftp://partner.example/"),
    ("apiUrl", "https://partner.example/" + "a" * 2048),
    ("apiUrl", "https://partner.example/\r\nHost: evil.example"),
    ("auth", "a plain string"),
    ("auth.type", {"type": "magic"}),
    ("auth.type", {"type": []}),
    ("auth.userId", {"userId": "a:b", "apiKey": "k"}),
    ("auth.userId", {"userId": "a\r\nX-Evil: 1", "apiKey": "k"}),
    ("auth.userId", {"userId": "u" * 129, "apiKey": "k"}),
    ("auth.apiKey", {"userId": "u"}),
    ("auth.apiKey", {"userId": "u", "apiKey": "k\0"}),
    ("auth.token", {"type": "bearer", "token": "a\nb"}),
    ("auth.headerName", {"type": "apiKey", "headerName": "Host", "value": "v"}),
    ("auth.headerName", {"type": "apiKey", "headerName": "Content-Type", "value": "v"}),
    ("auth.headerName", {"type": "apiKey", "headerName": "a b", "value": "v"}),
    ("auth.headerName", {"type": "apiKey", "headerName": "idempotency-key", "value": "v"}),
    ("auth.value", {"type": "apiKey", "headerName": "X-Key", "value": "v" * 1025}),
    ("name", "n" * 121),
    ("name", "two\nlines"),
    ("method", "DELETE"),
    ("requiredFields", ["f"] * 51),
    ("requiredFields.0", ["a\rb"]),
    ("keyField", ""),
    ("idempotencyHeader", "Cookie"),
    ("idempotencyHeader", "Authorization"),
    ("rateLimit.requestsPerMinute", {"requestsPerMinute": 6001}),
    ("rateLimit.maxConcurrent", {"maxConcurrent": 0}),
    ("rateLimit.minIntervalMs", {"minIntervalMs": 10_001}),
    ("timeoutMs", 999),
    ("retryAmbiguous", "perhaps"),
    ("ttlSeconds", 3599),
    ("ttlSeconds", 2_592_001),
]


def test_a_session_is_opened_with_the_defaults_of_the_contract(operator_api):
    response = operator_api.post("/api/sessions", OPENING, format="json")

    assert response.status_code == 201
    body = response.json()
    assert set(body) == {"sessionId", "expiresAt", "apiUrl", "authType"}
    assert body["sessionId"].startswith("ses_")
    assert body["authType"] == "basic"
    session = BatchSession.objects.get()
    assert session.credentials == BASIC
    assert (session.requests_per_minute, session.max_concurrent) == (600, 5)
    assert session.required_fields == ["memberId", "requestId"]
    lifetime = session.expires_at - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < lifetime <= timedelta(days=7)


def test_the_alias_answers_200_with_the_same_body(operator_api):
    response = operator_api.post("/api/init-session/", OPENING, format="json")

    assert response.status_code == 200
    assert response.json()["sessionId"].startswith("ses_")


@pytest.mark.parametrize("kind", AUTHS)
def test_every_way_to_log_in_is_stored_encrypted(operator_api, kind):
    response = operator_api.post("/api/sessions", OPENING | {"auth": AUTHS[kind]}, format="json")

    assert response.json()["authType"] == kind
    secrets = {name: value for name, value in AUTHS[kind].items() if name != "type"}
    assert BatchSession.objects.get().credentials == (secrets or None)


@pytest.mark.parametrize("body", [{}, {"auth": BASIC}, {"apiUrl": OPENING["apiUrl"]}, []])
def test_missing_data_is_400_in_the_words_of_the_original(operator_api, body):
    response = operator_api.post("/api/sessions", body, format="json")

    assert response.status_code == 400
    assert response.json()["error"] == "Missing data"
    assert response.json()["code"] == "missing_data"


@pytest.mark.parametrize(("field", "value"), BAD_VALUES)
def test_a_bad_value_is_422_and_named(operator_api, field, value):
    name = field.partition(".")[0]

    response = operator_api.post("/api/sessions", OPENING | {name: value}, format="json")

    assert response.status_code == 422, response.content
    assert field in {detail["field"] for detail in response.json()["details"]}
    assert not BatchSession.objects.exists()


@pytest.mark.parametrize(
    "url", ["https://10.0.0.7/", "https://elsewhere.example/", "http://claims.partner.example/"]
)
def test_an_address_outside_the_policy_is_refused_at_creation(operator_api, settings, url):
    settings.EGRESS_ALLOW_PRIVATE = False
    settings.EGRESS_ALLOWED_HOSTS = ["*.partner.example", "10.0.0.7"]

    response = operator_api.post("/api/sessions", OPENING | {"apiUrl": url}, format="json")

    assert response.status_code == 422
    (detail,) = response.json()["details"]
    assert (detail["field"], detail["code"]) == ("apiUrl", "egress_denied")


def test_a_viewer_may_not_open_a_session(viewer_api):
    assert viewer_api.post("/api/sessions", OPENING, format="json").status_code == 403


def test_without_a_token_nothing_is_opened(anonymous_api, db):
    assert anonymous_api.post("/api/sessions", OPENING, format="json").status_code == 401


def test_the_same_idempotency_key_opens_one_session(operator_api):
    key = {"HTTP_IDEMPOTENCY_KEY": "open-1"}
    first = operator_api.post("/api/sessions", OPENING, format="json", **key)
    second = operator_api.post("/api/sessions", OPENING, format="json", **key)
    other = operator_api.post("/api/sessions", OPENING | {"name": "B"}, format="json", **key)

    assert first.json() == second.json()
    assert BatchSession.objects.count() == 1
    assert other.status_code == 409
    assert other.json()["code"] == "idempotency_mismatch"


def test_the_list_is_a_bare_array_with_counts(operator_api, session):
    batch(session, "succeeded", "needsAction", "needsAction")
    batch(session, "pending")

    response = operator_api.get("/api/sessions")

    assert response["X-Total-Count"] == "1"
    (line,) = response.json()
    assert (line["jobCount"], line["openErrors"], line["logCount"]) == (2, 2, 5)
    assert line["host"] == "claims.partner.example"
    assert 600_000 < line["ttl"] <= 604_800


def test_the_list_costs_the_same_for_many_sessions(operator_api, django_assert_max_num_queries):
    for _ in range(8):
        batch(BatchSessionFactory(owner=operator_api.user), "needsAction")

    with django_assert_max_num_queries(4):
        response = operator_api.get("/api/sessions", {"pageSize": 5})

    assert len(response.json()) == 5
    assert response["X-Total-Count"] == "8"


def test_expired_sessions_are_listed_on_request_with_no_time_left(operator_api):
    BatchSessionFactory(owner=operator_api.user, expired=True)

    assert operator_api.get("/api/sessions").json() == []
    (line,) = operator_api.get("/api/sessions", {"includeExpired": "true"}).json()
    assert line["ttl"] == 0


@pytest.mark.parametrize("query", ["page=0", "pageSize=101", "page=x", "includeExpired=perhaps"])
def test_a_query_out_of_range_is_422(operator_api, query):
    assert operator_api.get(f"/api/sessions?{query}").status_code == 422


def test_a_session_shows_its_settings_and_no_secret(operator_api, session):
    response = operator_api.get(f"/api/sessions/{session.public_id}")

    body = response.json()
    assert body["method"] == "POST"
    assert body["rateLimit"] == {
        "requestsPerMinute": 600,
        "maxConcurrent": 5,
        "minIntervalMs": 100,
    }
    assert "s3cret-key" not in response.content.decode()


@pytest.mark.parametrize("session_id", ["nosuch", "ses_", "ses_" + "Z" * 26, "a" * 65, "%00"])
def test_an_unknown_session_is_404(operator_api, session_id):
    response = operator_api.get(f"/api/sessions/{session_id}")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"


def test_deleting_erases_the_secret_and_cancels_what_is_open(operator_api, session):
    run = batch(session, "pending", "succeeded")

    response = operator_api.delete(f"/api/sessions/{session.public_id}")

    assert response.status_code == 204
    session.refresh_from_db()
    assert session.credentials is None
    assert Job.objects.get(pk=run.pk).state == JobState.CANCELLED
    assert fresh(run).counts["cancelled"] == 1
    assert operator_api.get(f"/api/sessions/{session.public_id}").status_code == 404
    assert operator_api.get(f"/api/jobs/{run.job.public_id}").status_code == 200
    assert operator_api.get(f"/api/logs/{session.public_id}").status_code == 200


def test_renewing_resumes_only_what_the_expiry_stopped(operator_api, session):
    stopped = paused(batch(session, "pending"), "session_expired")
    refused = paused(batch(session, "pending"), "auth_failed")
    parked = paused(batch(session, "pending"), "user")
    url = f"/api/sessions/{session.public_id}/renew"

    body = {"ttlSeconds": 7200, "auth": AUTHS["bearer"], "resumeJobs": True}
    response = operator_api.post(url, body, format="json")

    assert response.status_code == 200
    assert response.json()["resumedJobs"] == 2
    session.refresh_from_db()
    assert (session.auth_type, session.credentials) == ("bearer", {"token": "let-me-in"})
    states = [Job.objects.get(pk=run.pk).state for run in (stopped, refused, parked)]
    assert states == [JobState.QUEUED, JobState.QUEUED, JobState.PAUSED]


def test_renewing_without_resume_leaves_jobs_paused(operator_api, session):
    run = paused(batch(session, "pending"), "session_expired")

    operator_api.post(f"/api/sessions/{session.public_id}/renew", {}, format="json")

    assert Job.objects.get(pk=run.pk).state == JobState.PAUSED


def test_erased_credentials_must_be_sent_again(operator_api):
    session = BatchSessionFactory(owner=operator_api.user, expired=True)
    erase_expired_credentials_task()
    url = f"/api/sessions/{session.public_id}/renew"

    without = operator_api.post(url, {}, format="json")
    with_them = operator_api.post(url, {"auth": BASIC}, format="json")

    assert without.status_code == 422
    assert without.json()["details"][0]["field"] == "auth"
    assert with_them.status_code == 200


def test_only_ended_sessions_lose_their_secrets(operator_api, session):
    ended = BatchSessionFactory(owner=operator_api.user, expired=True)

    erase_expired_credentials_task()

    ended.refresh_from_db()
    session.refresh_from_db()
    assert ended.credentials is None
    assert ended.credentials_key_id == ""
    assert session.credentials == {"userId": "pharmacy-7", "apiKey": "s3cret-key"}


def test_a_mapping_is_saved_shown_replaced_and_forgotten(operator_api, session):
    url = f"/api/sessions/{session.public_id}/mappings/claims"
    mapping = {"mapping": {"Claim": {"field": "requestId", "type": "string"}}}

    assert operator_api.put(url, mapping, format="json").status_code == 201
    assert operator_api.put(url, mapping, format="json").status_code == 200
    assert operator_api.get(url).json() == mapping
    assert operator_api.get(f"/api/sessions/{session.public_id}").json()["mappings"] == ["claims"]
    assert operator_api.delete(url).status_code == 204
    assert operator_api.get(url).status_code == 404


@pytest.mark.parametrize(
    "mapping",
    [
        [],
        {"mapping": {"Claim": {"field": "a", "type": "magic"}}},
        {"constants": {"note": "a\0b"}},
        {"constants": {"note\0": "a"}},
    ],
)
def test_a_mapping_that_fits_nothing_is_refused(operator_api, session, mapping):
    url = f"/api/sessions/{session.public_id}/mappings/claims"

    assert operator_api.put(url, mapping, format="json").status_code == 422


def test_a_session_holds_at_most_fifty_mappings(operator_api, session):
    session.mappings = {f"m{number}": {} for number in range(50)}
    session.save()

    response = operator_api.put(
        f"/api/sessions/{session.public_id}/mappings/one-more", {}, format="json"
    )

    assert response.status_code == 409
    assert response.json()["code"] == "too_many_mappings"

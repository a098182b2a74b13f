"""Secrets that are easy to recognise go in everywhere, and must come out nowhere."""

import json
import uuid

import pytest
from django.conf import settings
from django.urls import reverse

from apps.accounts.models import Role
from apps.batches.models import BatchRow, BatchSession
from apps.core.ids import from_public_id
from apps.jobs.services.run_slice import run_slice
from tests.conftest import CallerClient
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.security.world import content_of, dump, found_in
from tests.support.partner import RecordingPartner

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = {
    "password": "canary-password-5be1c0",
    "basic": "canary-basic-key-91f2d7",
    "bearer": "canary-bearer-token-77ab03",
    "header": "canary-header-value-c40e58",
}
AUTHS = [
    {"type": "basic", "userId": "pharmacy-7", "apiKey": CANARY["basic"]},
    {"type": "bearer", "token": CANARY["bearer"]},
    {"type": "apiKey", "headerName": "X-Partner-Key", "value": CANARY["header"]},
]
# Each is answered once and for all, so that no test waits for a retry.
SCRIPT = {"RX-2": "status:422", "RX-3": "status:403", "RX-4": "drop", "RX-5": "status:409"}
RECORDS = [{"requestId": f"RX-{n}", "memberId": f"M-{n}"} for n in range(1, 6)]


@pytest.fixture
def secrets() -> dict[str, str]:
    """All that must stay hidden; the test adds what it is given by the API."""
    ours = {
        "secret key": settings.SECRET_KEY,
        "signing key": settings.JWT_SIGNING_KEY,
        "encryption key": settings.FIELD_ENCRYPTION_KEYS[0],
    }
    return ours | CANARY


@pytest.fixture
def signed_in(secrets) -> CallerClient:
    """An operator with a password, a login and a key, all of them secrets."""
    user = UserFactory(role=Role.ADMIN, is_staff=True, is_superuser=True)
    user.set_password(CANARY["password"])
    user.save()
    api = CallerClient(user)
    api.credentials()
    answer = api.post(
        "/api/login",
        {"username": user.username, "password": CANARY["password"]},
        format="json",
        headers={"Idempotency-Key": "login-1"},
    ).json()
    renewed = api.post(
        "/api/token/refresh", {"refreshToken": answer["refreshToken"]}, format="json"
    ).json()
    key = ApiKeyFactory(owner=user).token
    secrets |= {
        "first token": answer["token"],
        "first refresh token": answer["refreshToken"],
        "token": renewed["token"],
        "refresh token": renewed["refreshToken"],
        "api key": key,
    }
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {renewed['token']}")
    assert api.get("/api/jobs").status_code == 200
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return api


def open_session(api: CallerClient, url: str, auth: dict[str, str]) -> BatchSession:
    answer = api.post(
        "/api/sessions",
        {"apiUrl": url, "auth": auth, "timeoutMs": 1000, "retryAmbiguous": False},
        format="json",
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    assert answer.status_code == 201, answer.content
    return BatchSession.objects.get(pk=from_public_id("ses", answer.json()["sessionId"]))


def run_batch(api: CallerClient, session: BatchSession) -> str:
    """Send the records with everything that can be logged being logged; return the job."""
    body = {"sessionId": session.public_id, "records": RECORDS, "verbose": True}
    answer = api.post(
        "/api/jobs", body, format="json", headers={"Idempotency-Key": uuid.uuid4().hex}
    )
    assert answer.status_code == 202, answer.content
    job_id: str = answer.json()["jobId"]
    run_slice(job_id=from_public_id("job", job_id))
    assert BatchRow.objects.filter(run_id=from_public_id("job", job_id), attempts__gt=0).exists()
    return job_id


def reads_of(session: BatchSession, job_id: str) -> list[str]:
    """Return every address at which something of the session or the batch is shown."""
    ses, pk = session.public_id, from_public_id("job", job_id)
    return [
        "/api/sessions",
        f"/api/sessions/{ses}",
        f"/api/logs/{ses}?count=500",
        f"/api/logs/{ses}/success",
        "/api/jobs",
        f"/api/jobs/{job_id}",
        f"/api/jobs/{job_id}/records",
        *(f"/api/jobs/{job_id}/records/{seq}" for seq in range(1, 6)),
        *(f"/api/jobs/{job_id}/records/export?format={kind}" for kind in ("csv", "xlsx", "ndjson")),
        f"/api/jobs/{job_id}/corrected.xlsx",
        f"/status/{pk}",
        f"/status/{pk}/events",
        "/api/schema",
        "/api/metrics/prometheus",
        "/api/health",
    ]


def admin_pages_of(session: BatchSession, job_id: str) -> list[str]:
    """Return the pages on which staff see the session, its batch, its rows and the people."""
    pk = from_public_id("job", job_id)
    row = BatchRow.objects.filter(run_id=pk).order_by("seq").first()
    assert row is not None
    return [
        reverse("admin:index"),
        reverse("admin:batches_batchsession_changelist"),
        reverse("admin:batches_batchsession_change", args=[session.pk]),
        reverse("admin:batches_batchrun_changelist"),
        reverse("admin:batches_batchrun_change", args=[pk]),
        reverse("admin:batches_batchrow_change", args=[row.pk]),
        reverse("admin:jobs_job_change", args=[pk]),
        reverse("admin:accounts_user_change", args=[session.owner_id]),
        reverse("admin:accounts_apikey_changelist"),
    ]


@pytest.mark.parametrize("auth", AUTHS, ids=["basic", "bearer", "apiKey"])
def test_secrets_show_in_no_answer_page_table_or_log(logged, secrets, signed_in, client, auth):
    with RecordingPartner(script=SCRIPT) as partner:
        session = open_session(signed_in, partner.url, auth)
        job_id = run_batch(signed_in, session)
        sent = json.dumps(partner.calls())
    assert found_in(sent, CANARY)  # or else nothing could have leaked

    for address in reads_of(session, job_id):
        answer = signed_in.get(address)
        assert answer.status_code == 200, address
        assert found_in(content_of(answer), secrets) == [], address

    client.force_login(signed_in.user)
    for address in admin_pages_of(session, job_id):
        page = client.get(address, follow=True)
        assert page.status_code == 200, address
        assert found_in(content_of(page), secrets) == [], address

    for table, text in dump().items():
        assert found_in(text, secrets) == [], table
    assert "request_finished" in logged()
    assert found_in(logged(), secrets) == []


def test_secrets_show_in_no_error(logged, secrets, signed_in):
    basic, bearer, header = AUTHS
    url = "https://claims.partner.example/v2"
    session = {"apiUrl": url, "auth": basic}
    bad = [
        ("/api/login", {"username": "nobody", "password": CANARY["password"]}),
        ("/api/login", {"username": [CANARY["password"]], "password": CANARY["password"]}),
        ("/api/token/refresh", {"refreshToken": secrets["first refresh token"]}),
        ("/api/token/refresh", {"refreshToken": {"token": secrets["refresh token"]}}),
        ("/api/sessions", {**session, "apiUrl": "no address"}),
        ("/api/sessions", {**session, "auth": {**basic, "userId": "a:b"}}),
        ("/api/sessions", {**session, "auth": {**basic, "apiKey": CANARY["basic"] * 99}}),
        ("/api/sessions", {**session, "auth": {**bearer, "token": CANARY["bearer"] + "\n"}}),
        ("/api/sessions", {**session, "auth": {**header, "headerName": "Host"}}),
        ("/api/sessions", {**session, "auth": {**basic, "type": CANARY["basic"]}}),
        ("/api/sessions", {**session, "auth": [CANARY["basic"]]}),
    ]

    for address, body in bad:
        answer = signed_in.post(address, body, format="json")
        assert 400 <= answer.status_code < 500, (address, answer.content)
        assert found_in(content_of(answer), secrets) == [], (address, body)
    broken = json.dumps(session)[:-1]
    answer = signed_in.post("/api/sessions", broken, content_type="application/json")
    assert answer.status_code == 400
    assert found_in(content_of(answer), secrets) == []
    assert found_in(logged(), secrets) == []


def test_a_refused_token_is_not_repeated(logged, secrets, anonymous_api):
    anonymous_api.credentials(HTTP_AUTHORIZATION=f"Bearer brk_{CANARY['bearer']}")

    answer = anonymous_api.get("/api/jobs")

    assert answer.status_code == 401
    assert found_in(content_of(answer), secrets) == []
    assert found_in(logged(), secrets) == []


def test_a_partner_that_cannot_be_reached_reveals_nothing(logged, secrets, signed_in, settings):
    settings.BATCH_PATIENCE_SECONDS = 0
    session = open_session(signed_in, "http://127.0.0.1:9/v2/claims", AUTHS[0])

    job_id = run_batch(signed_in, session)

    for address in reads_of(session, job_id):
        assert found_in(content_of(signed_in.get(address)), secrets) == [], address
    for table, text in dump().items():
        assert found_in(text, secrets) == [], table
    assert found_in(logged(), secrets) == []


def test_the_search_would_find_a_secret_in_any_of_its_forms():
    secret = {"key": "canary-basic-key-91f2d7"}

    assert found_in("say canary-basic-key-91f2d7!", secret) == ["key"]
    assert found_in(rb"\x" + secret["key"].encode().hex().encode(), secret) == ["key"]
    # Base64 of "pharmacy-7:canary-basic-key-91f2d7" and its like, at every offset
    for login in ("a:", "ab:", "abc:"):
        header = __import__("base64").b64encode((login + secret["key"]).encode())
        assert found_in(header, secret) == ["key"]
    assert found_in("nothing here", secret) == []

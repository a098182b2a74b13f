"""The admin's pages of batches, rows and sessions, without a browser."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.batches.admin.standing import arithmetic_of, failures_of, scopes_of, segments_of
from apps.batches.mapping.guess import guess_mapping
from apps.batches.models import BatchRow, BatchRun, BatchSession
from apps.jobs.status import JobState
from tests.factories.accounts import UserFactory
from tests.factories.batches import BatchSessionFactory
from tests.factories.finished import finished_batch
from tests.support.partner import RecordingPartner

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "s3cret-key"
FORM = {
    "name": "April",
    "method": "POST",
    "auth_type": "basic",
    "required_fields": "requestId,memberId",
    "key_field": "requestId",
    "idempotency_header": "Idempotency-Key",
    "requests_per_minute": 600,
    "max_concurrent": 5,
    "min_interval_ms": 0,
    "timeout_ms": 15000,
}


def staff(**traits):
    user = UserFactory(staff=True, **traits)
    client = Client()
    client.force_login(user)
    return client, user


@pytest.fixture
def operator():
    return staff(operator=True)


@pytest.fixture
def batch(operator, tmp_path):
    with RecordingPartner() as partner:
        session = BatchSessionFactory(
            owner=operator[1], api_url=partner.url, min_interval_ms=0, requests_per_minute=6000
        )
        yield finished_batch(session, partner, tmp_path)


def page_of(run, what="change"):
    return reverse(f"admin:batches_batchrun_{what}", args=[run.pk])


def test_the_counts_of_a_batch_add_up_in_words_and_in_the_bar(batch):
    assert arithmetic_of(batch) == "4 = 1 succeeded + 2 need action + 1 failed"
    assert sum(segment.rows for segment in segments_of(batch)) == 4
    assert sum(segment.percent for segment in segments_of(batch)) == pytest.approx(100)
    groups, others = failures_of(batch)
    assert sum(group.rows for group in groups) + others == 3


def test_each_group_of_failures_leads_to_exactly_its_rows(batch, operator):
    groups, _ = failures_of(batch)

    for group in groups:
        listed = operator[0].get(group.url).context["cl"]
        assert listed.result_count == group.rows, group
        assert {row.message for row in listed.result_list} == {group.message}


def test_rows_that_await_a_correction_are_not_offered_for_a_retry(batch):
    assert {scope.value: scope.rows for scope in scopes_of(batch)} == {
        "failed": 1,
        "all_unsuccessful": 2,
    }


def test_an_unchanged_page_is_a_304(batch, operator):
    first = operator[0].get(page_of(batch, "live"))

    again = operator[0].get(page_of(batch, "live"), headers={"If-None-Match": first["ETag"]})

    assert (first.status_code, first["X-Live"], again.status_code) == (200, "off", 304)
    assert again.content == b""


def test_a_button_that_does_not_fit_the_state_says_so(batch, operator):
    client, _ = operator

    answer = client.post(page_of(batch, "steer"), {"action": "pause"}, follow=True)

    assert "Job is already partial" in answer.content.decode()


def test_a_viewer_may_look_and_not_steer(batch):
    client, viewer = staff(viewer=True)
    batch.job.__class__.objects.filter(pk=batch.pk).update(owner=viewer)

    assert client.get(page_of(batch)).status_code == 200
    assert client.post(page_of(batch, "steer"), {"action": "cancel"}).status_code == 403
    assert client.post(page_of(batch, "correct")).status_code == 403
    assert client.get(reverse("admin:batches_batchrun_new")).status_code == 403


def test_a_forged_post_is_refused_before_anything_happens(batch, operator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator[1])

    for what in ("steer", "correct"):
        assert client.post(page_of(batch, what), {"action": "retry"}).status_code == 403
    assert client.post(reverse("admin:batches_batchrun_new")).status_code == 403
    assert BatchRun.objects.get().job.state == JobState.PARTIAL


def test_lists_ask_the_database_as_often_for_many_rows_as_for_one(
    batch, operator, django_assert_max_num_queries
):
    client, _ = operator
    lists = ("batches_batchrun", "batches_batchrow", "batches_batchsession", "jobs_job")
    for name in lists:
        with django_assert_max_num_queries(14):
            assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    with django_assert_max_num_queries(20):
        client.get(page_of(batch))


def test_the_ledger_is_never_counted_to_its_end(batch, operator):
    with CaptureQueriesContext(connection) as queries:
        operator[0].get(reverse("admin:batches_batchrow_changelist"))

    counts = [each["sql"] for each in queries if "COUNT(" in each["sql"]]
    assert counts
    assert all("LIMIT 100000" in sql for sql in counts)


def test_a_session_is_opened_and_its_secret_shown_nowhere(operator):
    client, user = operator
    login = {"user_id": "pharmacy-7", "api_key": SECRET}

    client.post(
        reverse("admin:batches_batchsession_add"),
        FORM | login | {"api_url": "https://claims.partner.example/v2"},
    )

    session = BatchSession.objects.get()
    assert session.owner == user
    assert session.credentials == {"userId": "pharmacy-7", "apiKey": SECRET}
    for address in ("changelist", "change"):
        args = [session.pk] if address == "change" else []
        page = client.get(reverse(f"admin:batches_batchsession_{address}", args=args))
        assert SECRET not in page.content.decode()
        assert "pharmacy-7" not in page.content.decode()


def test_credentials_stay_when_their_fields_are_left_empty(operator):
    client, user = operator
    session = BatchSessionFactory(owner=user)

    change(client, session, api_url=session.api_url, name="May")

    session.refresh_from_db()
    assert session.name == "May"
    assert session.credentials["apiKey"] == SECRET


@pytest.mark.parametrize(
    "elsewhere",
    ["https://other.partner.example/v2", "http://claims.partner.example/v2/submit"],
)
def test_credentials_do_not_move_to_another_origin(operator, elsewhere):
    client, user = operator
    session = BatchSessionFactory(owner=user)

    change(client, session, api_url=elsewhere)

    session.refresh_from_db()
    assert session.api_url == "https://claims.partner.example/v2/submit"


def test_an_address_that_may_not_be_called_is_refused_beside_its_field(operator, settings):
    client, user = operator
    settings.EGRESS_ALLOWED_HOSTS = ["claims.partner.example"]
    session = BatchSessionFactory(owner=user)

    page = change(client, session, api_url="https://evil.example/", user_id="a", api_key="b")

    assert page.context["adminform"].form.errors["api_url"]


def change(client, session, **values):
    address = reverse("admin:batches_batchsession_change", args=[session.pk])
    return client.post(address, FORM | values)


def test_a_closed_session_has_no_secret_and_no_open_job(operator, batch):
    client, _ = operator
    address = reverse("admin:batches_batchsession_close", args=[batch.session_id])

    assert client.get(address).status_code == 405
    client.post(address)

    assert BatchSession.objects.get().credentials is None


def test_a_row_shows_its_story_with_masked_secrets(batch, operator):
    row = BatchRow.objects.get(key="RX-2")

    page = operator[0].get(reverse("admin:batches_batchrow_change", args=[row.pk]))

    text = page.content.decode()
    assert "Attempt 1" in text
    assert "Authorization: Basic ••••" in text
    assert SECRET not in text


def test_nobody_adds_changes_or_deletes_rows(batch):
    client, _ = staff(admin=True)
    row = BatchRow.objects.first()

    assert client.get(reverse("admin:batches_batchrow_add")).status_code == 403
    assert client.get(reverse("admin:batches_batchrow_delete", args=[row.pk])).status_code == 403


def test_a_proposal_fills_the_fields_that_the_session_wants():
    header = ["Claim no", "Member", "Service date", "Qty", "Ok"]
    rows = [
        ["RX-1", "007", {"d": "2026-03-09"}, 1, True],
        ["RX-2", "008", {"d": "2026-03-10"}, 2.5, None],
    ]

    proposed = guess_mapping(header, rows, ["memberId", "serviceDate"])

    assert {column: (each["field"], each["type"]) for column, each in proposed.items()} == {
        "Claim no": ("claimNo", "string"),
        "Member": ("memberId", "string"),
        "Service date": ("serviceDate", "date"),
        "Qty": ("qty", "decimal"),
        "Ok": ("ok", "boolean"),
    }
    assert proposed["Member"]["required"]

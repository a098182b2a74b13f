import pytest
from django.utils import timezone

from apps.core.models import OutboxMessage
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/core/outboxmessage/"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def admin_client(client):
    client.force_login(UserFactory(admin=True, staff=True), backend=BACKEND)
    return client


@pytest.fixture
def aside():
    return OutboxMessage.objects.create(
        task="core.tidy", failures=5, error="LookupError: nobody", failed_at=timezone.now()
    )


def run_again(client, *messages):
    chosen = [message.pk for message in messages]
    data = {"action": "run_again", "_selected_action": chosen}
    return client.post(LIST, data, follow=True)


def test_staff_see_what_was_set_aside_and_why(admin_client, aside):
    OutboxMessage.objects.create(task="jobs.sweep")

    listed = admin_client.get(f"{LIST}?state=aside").content.decode()
    page = admin_client.get(f"{LIST}{aside.pk}/change/").content.decode()

    assert f"{LIST}{aside.pk}/change/" in listed
    assert listed.count("/change/?") == 1
    assert "LookupError: nobody" in page


def test_staff_run_it_again(admin_client, aside):
    page = run_again(admin_client, aside).content.decode()

    aside.refresh_from_db()
    assert "1 will run again." in page
    assert aside.failed_at is None
    assert aside.failures == 0


def test_running_again_what_never_failed_changes_nothing(admin_client):
    claimed = OutboxMessage.objects.create(task="core.tidy", claimed_at=timezone.now())

    page = run_again(admin_client, claimed).content.decode()

    claimed.refresh_from_db()
    assert "None of these was set aside." in page
    assert claimed.claimed_at


def test_nobody_edits_adds_or_deletes_messages(admin_client, aside):
    url = f"{LIST}{aside.pk}/change/"

    assert admin_client.post(url, {"task": "core.tidy"}).status_code == 403
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{aside.pk}/delete/").status_code == 403


def test_operators_do_not_run_things_again(client, aside):
    client.force_login(UserFactory(operator=True, staff=True), backend=BACKEND)

    assert client.get(LIST).status_code == 403
    assert run_again(client, aside).status_code == 403
    aside.refresh_from_db()
    assert aside.failed_at

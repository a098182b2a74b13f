import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.factories.uploads import UploadFactory

CSV = b"Claim,Days\nRX-1,3\n"


def desk(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def boss(db):
    return desk(UserFactory(admin=True, staff=True))


@pytest.fixture
def clerk(db):
    return UserFactory(operator=True, staff=True)


def test_the_list_shows_what_is_known_about_each_file(boss):
    upload = UploadFactory(original_name="<b>march</b>.csv", content=CSV, row_count=1)

    page = boss.get(reverse("admin:uploads_upload_changelist")).content.decode()

    assert "&lt;b&gt;march&lt;/b&gt;.csv" in page
    assert upload.sha256[:12] in page
    assert boss.get(reverse("admin:uploads_upload_change", args=[upload.pk])).status_code == 200


def test_an_operator_sees_only_own_files(clerk):
    own = UploadFactory(owner=clerk, original_name="own.csv", content=CSV)
    foreign = UploadFactory(original_name="foreign.csv", content=CSV)

    page = desk(clerk).get(reverse("admin:uploads_upload_changelist")).content.decode()

    assert own.original_name in page
    assert foreign.original_name not in page


def test_a_file_is_sent_to_its_owner_as_an_attachment(clerk):
    upload = UploadFactory(owner=clerk, original_name="März.csv", content=CSV)

    response = desk(clerk).get(reverse("admin:uploads_upload_download", args=[upload.pk]))

    assert b"".join(response.streaming_content) == CSV
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_nobody_downloads_what_is_not_theirs(clerk):
    upload = UploadFactory(content=CSV, original_name="foreign.csv")
    url = reverse("admin:uploads_upload_download", args=[upload.pk])

    assert desk(clerk).get(url).status_code == 404
    assert Client().get(url).status_code == 302


def test_chosen_files_can_be_removed(boss, kept_files):
    upload = UploadFactory(content=CSV, original_name="a.csv")

    boss.post(
        reverse("admin:uploads_upload_changelist"),
        {"action": "remove_files", "_selected_action": [str(upload.pk)]},
    )

    upload.refresh_from_db()
    assert upload.deleted_at is not None
    assert kept_files() == []


def test_files_are_neither_made_nor_changed_here(boss):
    upload = UploadFactory(content=CSV, original_name="a.csv")
    url = reverse("admin:uploads_upload_change", args=[upload.pk])

    assert boss.get(reverse("admin:uploads_upload_add")).status_code == 403
    assert boss.post(url, {"original_name": "b.csv"}).status_code == 403

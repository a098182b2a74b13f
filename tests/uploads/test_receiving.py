"""Files arrive in small pieces, and what is refused leaves nothing behind."""

import hashlib
import resource
from datetime import UTC, datetime

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.uploads.models import Upload
from apps.uploads.receiving import ReceivedFile, display_name
from apps.uploads.services.receive_uploads import receive_uploads
from tests.factories.uploads import UploadFactory
from tests.support.memory import growth_of_process_tree
from tests.support.workbooks import workbook

MEBIBYTE = 1024 * 1024
BOUNDARY = "a-line-that-no-file-contains"
CSV = b"Claim,Days\nRX-1,3\n"
NOON = datetime(2025, 11, 3, 12, tzinfo=UTC)


class Body:
    """A multipart body that is made while it is read: it never exists as a whole."""

    def __init__(self, size: int, name: str = "claims.csv") -> None:
        disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        self.head = f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode()
        self.tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        self.left = [len(self.head), size, len(self.tail)]
        self.length = sum(self.left)

    def read(self, size: int = -1) -> bytes:
        data = b""
        for part, source in enumerate((self.head, None, self.tail)):
            take = min(self.left[part], size - len(data))
            if source is None:
                data += (b"RX-1,3\n" * (take // 7 + 1))[:take]
            else:
                start = len(source) - self.left[part]
                data += source[start : start + take]
            self.left[part] -= take
        return data

    readline = read  # Django asks for one, and never uses it here


def post_body(api, body, length=None):
    return api.generic(
        "POST",
        "/upload",
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        CONTENT_LENGTH=str(length or body.length),
        **{"wsgi.input": body},
    )


def test_60_mebibytes_pass_through_little_memory(operator_api, kept_files):
    post_body(operator_api, Body(1000))

    with growth_of_process_tree() as growth:
        response = post_body(operator_api, Body(60 * MEBIBYTE))

    assert response.status_code == 201
    assert response.json()["files"][0]["sizeBytes"] == 60 * MEBIBYTE
    assert growth.peak < 20 * MEBIBYTE


def test_a_file_of_exactly_the_limit_is_taken(operator_api, settings):
    settings.MAX_UPLOAD_BYTES = 3 * MEBIBYTE

    response = post_body(operator_api, Body(3 * MEBIBYTE))

    assert response.status_code == 201


def test_one_byte_more_is_refused_and_leaves_nothing(operator_api, settings, kept_files):
    settings.MAX_UPLOAD_BYTES = 3 * MEBIBYTE

    response = post_body(operator_api, Body(3 * MEBIBYTE + 1))

    assert response.status_code == 413
    assert response.json()["message"] == "claims.csv is larger than 3 MiB."
    assert kept_files() == []
    assert not Upload.objects.exists()


def test_an_announced_request_over_the_limit_is_refused_unread(operator_api, settings):
    settings.MAX_REQUEST_BYTES = MEBIBYTE
    body = Body(2 * MEBIBYTE)

    response = post_body(operator_api, body)

    assert response.status_code == 413
    assert sum(body.left) == body.length


def test_without_a_length_nothing_is_read(operator_api):
    response = operator_api.generic(
        "POST",
        "/upload",
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        CONTENT_LENGTH="",
    )

    assert response.status_code == 411


def test_a_body_that_ends_early_is_refused(operator_api, kept_files):
    body = Body(MEBIBYTE)
    body.left[2] = 0
    body.left[1] //= 2

    response = post_body(operator_api, body)

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_request"
    assert kept_files() == []


def test_nobody_streams_without_signing_in(anonymous_api, db, kept_files):
    body = Body(MEBIBYTE)

    response = post_body(anonymous_api, body)

    assert response.status_code == 401
    assert sum(body.left) == body.length


def test_staff_with_a_session_need_their_csrf_token(db, kept_files):
    user = User.objects.create_superuser("boss", "boss@shop.example", "x")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    response = post_body(client, Body(1000))

    assert response.status_code == 403
    assert kept_files() == []


def test_several_files_are_all_stored_or_none(send, kept_files):
    both = send(("a.csv", CSV), ("b.xlsx", workbook(["Claim"], ["RX-1"])))
    refused = send(("c.csv", CSV), ("d.xlsx", b"no workbook"))

    assert [file["originalName"] for file in both.json()["files"]] == ["a.csv", "b.xlsx"]
    assert refused.status_code == 415
    assert len(kept_files()) == Upload.objects.count() == 2
    assert Job.objects.count() == 1


def test_what_is_stored_is_what_was_sent(send):
    (file,) = send(("../../etc/März 2025.csv", CSV)).json()["files"]

    upload = Upload.objects.get(pk=file["uploadId"])
    assert default_storage.open(upload.stored_path).read() == CSV
    assert file["sha256"] == upload.sha256 == hashlib.sha256(CSV).hexdigest()
    assert file["originalName"] == "März 2025.csv"
    assert upload.stored_path == f"uploads/{upload.uploaded_at:%Y/%m}/{upload.pk}"
    assert upload.mime_type == "text/csv"


def test_an_eleventh_file_is_refused(send, kept_files):
    response = send(*((f"{number}.csv", CSV) for number in range(11)))

    assert response.status_code == 422
    assert response.json()["code"] == "too_many_files"
    assert kept_files() == []


def test_no_file_at_all_is_incomplete(send):
    assert send(purpose="data").status_code == 400


def test_an_unknown_option_is_named(send, kept_files):
    response = send(("a.csv", CSV), shee="March")

    assert response.status_code == 422
    assert response.json()["details"][0]["field"] == "shee"
    assert kept_files() == []


def test_the_quota_counts_what_is_kept(send, operator_api, settings, kept_files):
    settings.MAX_UPLOAD_QUOTA_BYTES = 10_000
    UploadFactory(owner=operator_api.user, content=b"x" * 9_900, original_name="a.csv")
    UploadFactory(content=b"x" * 9_900, original_name="others.csv")

    response = send(("b.csv", CSV * 20))

    assert response.status_code == 507
    assert response.json()["code"] == "quota_exceeded"
    assert len(kept_files()) == 2


def test_a_full_disk_is_said_so_and_leaves_nothing(operator_api, kept_files):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEBIBYTE, hard))
    try:
        response = post_body(operator_api, Body(2 * MEBIBYTE))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert response.status_code == 507
    assert "disk is full" in response.json()["message"]
    assert kept_files() == []


def test_a_failure_after_storing_removes_the_bytes(operator_api, kept_files):
    file = ReceivedFile("a.csv", "text/csv")
    file.add(CSV)
    file.settle()

    def fail_later():
        with receive_uploads(files=[file], owner=operator_api.user, now=NOON):
            assert len(kept_files()) == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_later()
    file.close()

    assert kept_files() == []
    assert not Upload.objects.exists()


def test_a_repeated_key_stores_once_and_other_bytes_are_refused(send, kept_files):
    key = {"Idempotency-Key": "march"}

    first = send(("a.csv", CSV), headers=key)
    again = send(("a.csv", CSV), headers=key)
    other = send(("a.csv", CSV + b"RX-2,1\n"), headers=key)

    assert first.json() == again.json()
    assert other.json()["code"] == "idempotency_mismatch"
    assert len(kept_files()) == 1


def test_a_long_name_keeps_its_ending():
    shown = display_name("x" * 400 + "\x00\r\n\u202e.xlsx")

    assert shown == "x" * 250 + ".xlsx"

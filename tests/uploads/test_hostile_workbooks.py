"""Files built to harm get a clear refusal, quickly, and leave nothing behind."""

import time
from functools import cache

import pytest

from apps.uploads.models import Upload
from tests.support import workbooks
from tests.support.memory import growth_of_process_tree

MOST_GROWTH = 150 * 1024 * 1024
MOST_SECONDS = 20.0  # on any machine; whoever reads it all needs minutes

HOSTILE = [
    ("zip_bomb", 422, "hostile_file", "inflates"),
    ("lying_sizes", 422, "hostile_file", "inflates"),
    ("slightly_lying_sizes", 422, "hostile_file", "lies about the size"),
    ("nested", 422, "hostile_file", "another archive"),
    ("overlapping", 422, "hostile_file", "overlap"),
    ("many_parts", 422, "hostile_file", "10,000 parts"),
    ("external_entity", 422, "hostile_file", "entities"),
    ("billion_laughs", 422, "hostile_file", "entities"),
    ("shared_strings_bomb", 422, "hostile_file", "inflates"),
    ("million_columns", 422, "too_many_columns", "16,384 columns"),
    ("million_columns_without_addresses", 422, "too_many_columns", "16,384 columns"),
    ("far_apart", 422, "too_many_cells", "too far apart"),
    ("with_macros", 422, "macro_workbook", "macros"),
    ("macro_type", 422, "macro_workbook", "macros"),
    ("encrypted", 422, "encrypted_workbook", "password"),
    ("old_format", 415, "content_mismatch", "old .xls"),
    ("truncated", 422, "damaged_file", "damaged or incomplete"),
    ("corrupted", 422, "damaged_file", "damaged or incomplete"),
    ("renamed_program", 415, "content_mismatch", "not an Excel workbook"),
    ("not_a_workbook", 415, "content_mismatch", "no [Content_Types].xml"),
    ("too_many_rows", 422, "too_many_rows", "200,000 rows"),
]


@cache
def content_of(name: str) -> bytes:
    return getattr(workbooks, name)()


@pytest.mark.parametrize(("name", "status", "code", "words"), HOSTILE)
def test_a_hostile_workbook_is_refused(name, status, code, words, send, kept_files):
    content = content_of(name)
    send(("warm.csv", b""))

    with growth_of_process_tree() as growth:
        start = time.thread_time()  # ours alone: the machine may be busy with other tests
        response = send(("claims.xlsx", content))
        seconds = time.thread_time() - start

    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert words in body["message"]
    assert seconds < MOST_SECONDS
    assert growth.peak < MOST_GROWTH
    assert kept_files() == []
    assert not Upload.objects.exists()


def test_an_empty_file_is_refused(send, kept_files):
    response = send(("claims.xlsx", b""))

    assert response.status_code == 422
    assert response.json()["code"] == "empty_file"
    assert kept_files() == []


def test_a_large_honest_workbook_is_accepted(send):
    response = send(("claims.xlsx", workbooks.long_workbook(20_000, 20)))

    assert response.status_code == 201


def test_a_lying_dimension_does_no_harm(send):
    response = send(("claims.xlsx", workbooks.lying_dimension()))

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("claims.csv", b"MZ\x90\x00" + bytes(100), 415),
        ("claims.csv", b"Claim,Days\nRX-1\x00,3\n", 415),
        ("claims.csv", "Kläger;Tage\n".encode("latin-1"), 422),
        ("claims.csv", b"x" * 3 * 1024 * 1024, 422),
        ("claims.json", b'{"claim": 1}', 415),
        ("claims.ndjson", b"[1]", 415),
        ("claims.txt", b" \n ", 415),
        ("claims.xls", b"\xd0\xcf\x11\xe0", 415),
        ("claims.xlsm", b"PK\x03\x04", 415),
        ("claims.pdf", b"%PDF-1.7", 415),
        ("claims", b"Claim,Days\n", 415),
        ("claims.xlsx", b"Claim,Days\nRX-1,3\n", 415),
    ],
)
def test_content_that_does_not_fit_its_name_is_refused(name, content, status, send, kept_files):
    response = send((name, content))

    assert response.status_code == status
    assert kept_files() == []

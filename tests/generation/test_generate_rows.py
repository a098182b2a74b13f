"""A generation from its acceptance to its file, through the real ledger and storage."""

import csv
import hashlib
import io
import json

import openpyxl
import pytest

from apps.jobs.models import GeneratedRow
from apps.jobs.status import JobStatus
from tests.generation.world import content_of, customers, generate

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_csv_has_the_rows_that_were_asked_for():
    job = generate(customers(12_000))

    assert job.status == JobStatus.COMPLETED, job.error_message
    content = content_of(job)
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert len(rows) == 12_000
    assert [row["id"] for row in rows[:2]] == ["1", "2"]
    assert len({row["email"] for row in rows}) == 12_000
    assert job.result_meta["sha256"] == hashlib.sha256(content).hexdigest()
    assert job.result_meta["bytes"] == len(content)


def test_rows_are_kept_in_the_table_in_order():
    job = generate(customers(6_000))

    kept = list(GeneratedRow.objects.filter(job=job).order_by("seq").values_list("seq", "payload"))

    assert [seq for seq, _ in kept] == list(range(1, 6_001))
    assert kept[5999][1]["id"] == 6000


def test_a_workbook_holds_numbers_dates_and_texts():
    job = generate(customers(300, format="xlsx"))

    sheet = openpyxl.load_workbook(io.BytesIO(content_of(job))).active
    assert sheet.max_row == 301
    head, first = list(sheet.iter_rows(max_row=2, values_only=True))
    assert head == ("id", "email", "tier", "joined", "balance", "note")
    assert first[0] == 1
    assert first[3].year in range(2021, 2026)
    assert isinstance(first[4], float)


@pytest.mark.parametrize("options", [{}, {"envelope": True}, {"pretty": True}])
def test_json_is_one_array(options):
    job = generate(customers(6_000, format="json", formatOptions=options))

    found = json.loads(content_of(job))
    rows = found["data"] if options.get("envelope") else found
    assert len(rows) == 6_000

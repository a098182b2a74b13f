"""A preview shows what the rows would become, and how many could not be sent."""

import pytest

from apps.batches.mapping.mapping import BadMapping
from apps.batches.services.preview_source import preview_source
from demo.workbook import COLUMNS, MAPPING, REQUIRED_FIELDS, SHEET, WORKBOOK
from tests.factories.batches import BatchSessionFactory, upload_of

pytestmark = pytest.mark.django_db


def preview(session, path, limit=10, **source):
    upload = upload_of(path, session.owner)
    source["uploadId"] = str(upload.pk)
    return preview_source(session=session, owner=session.owner, source=source, limit=limit)


def test_the_shipped_workbook_is_previewed():
    session = BatchSessionFactory(required_fields=REQUIRED_FIELDS)

    found = preview(session, WORKBOOK, limit=3, sheet=SHEET, mapping=MAPPING)

    assert found["columns"] == list(COLUMNS)
    assert (found["rows"], found["records"], found["invalid"]) == (560, 560, 8)
    assert [each["row"] for each in found["sample"]] == [2, 3, 4]
    first = found["sample"][0]
    assert first["record"]["requestId"] == "RX-88122"
    assert first["record"]["memberId"] == "078687642"
    assert first["record"]["memberName"] == "James Nakamura"
    assert first["issues"] == []


def test_folded_rows_are_counted_as_rows_and_as_records(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text("Claim,Code\nA,x\nA,y\n,\nB,z\n")
    mapping = {"Claim": "requestId", "Code": "codes"}

    found = preview(
        BatchSessionFactory(required_fields=["requestId"]),
        path,
        mapping=mapping,
        groupBy="Claim",
        collect=["codes"],
    )

    assert (found["rows"], found["records"], found["invalid"]) == (3, 2, 0)
    assert found["sample"][0]["record"] == {"requestId": "A", "codes": ["x", "y"]}


def test_blank_rows_are_told_where_they_are_not_skipped(tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("requestId,memberId\nA,1\n,\nB,2\n")

    skipped = preview(BatchSessionFactory(), path)
    told = preview(BatchSessionFactory(), path, skipBlankRows=False)

    assert (skipped["records"], skipped["invalid"]) == (2, 0)
    assert (told["records"], told["invalid"]) == (3, 1)
    assert told["sample"][1]["issues"][0] == {
        "field": "memberId",
        "column": "memberId",
        "code": "missing",
        "message": "memberId is empty. Fill it in.",
    }


def test_a_mapping_that_does_not_fit_is_told_before_any_row_is_read():
    with pytest.raises(BadMapping):
        preview(BatchSessionFactory(), WORKBOOK, mapping={"Nope": "a"})

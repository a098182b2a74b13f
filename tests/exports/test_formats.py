"""Every format tells the same rows, and no text of a customer becomes a formula."""

import csv
import gzip
import io
import zipfile

import orjson
import pytest
from openpyxl import load_workbook

from tests.exports.world import (
    AWKWARD,
    accepted,
    awkward_orders,
    csv_of,
    export,
    of_orders,
    sheet_of,
)
from tests.factories.orders import OrderFactory
from tests.generation.world import content_of, worked_on

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = ["code", "createdAt", "customerName", "totalPrice", "priority", "orderDate"]


def exported(form, columns=COLUMNS, **options):
    awkward_orders()
    return export(of_orders(format=form, columns=columns, formatOptions=options))


def test_csv_keeps_every_value_and_makes_formulas_harmless():
    job = exported("csv", [*COLUMNS, "customerId", "customerNotes"])

    first, second, third = csv_of(job)
    assert first == {
        "code": "ORD100001",
        "createdAt": "2025-11-03T12:00:00.418Z",
        "customerName": AWKWARD,
        "totalPrice": "12.50",
        "priority": "0",
        "orderDate": "",
        "customerId": "'@mira",
        "customerNotes": "",
    }
    assert second["customerName"] == '\'=HYPERLINK("http://evil.example")'
    assert second["customerId"] == "'+49 1234"
    assert third["customerName"] == "'-1+1"
    content = content_of(job)
    assert content.count(b"\r\n") == 5  # one of them within quotes
    assert b',""\r\n' in content  # an empty text is not nothing


def test_csv_has_the_options_of_the_contract():
    columns = ["code", "customerName", "totalPrice", "orderDate"]
    options = {"delimiter": ";", "bom": True, "decimal": ",", "lineEnd": "LF", "nullText": "NULL"}

    content = content_of(exported("csv", columns, formulaGuard=False, quote="all", **options))

    rows = content.decode("utf-8-sig").split("\n")
    assert content.startswith(b"\xef\xbb\xbf")
    assert rows[0] == '"code";"customerName";"totalPrice";"orderDate"'
    assert '"ORD100003";"-1+1";"99999999,99";NULL' in rows


def test_csv_can_be_packed_and_do_without_a_header():
    awkward_orders()
    asked = {"columns": ["code"], "filename": "mine"}

    gzipped = export(of_orders(formatOptions={"compress": "gzip", "header": False}, **asked))
    zipped = export(of_orders(formatOptions={"compress": "zip"}, **asked))

    text = b"ORD100001\r\nORD100002\r\nORD100003\r\n"
    assert gzip.decompress(content_of(gzipped)) == text
    assert gzipped.result_meta["filename"] == "mine.csv.gz"
    with zipfile.ZipFile(io.BytesIO(content_of(zipped))) as archive:
        assert archive.read(archive.namelist()[0]) == b"code\r\n" + text


def test_a_workbook_holds_texts_numbers_and_moments_as_what_they_are():
    header, first, second, _third = sheet_of(exported("xlsx"))

    assert header[1] == "createdAt (UTC)"
    assert first[1].isoformat() == "2025-11-03T12:00:00"
    assert first[2] == AWKWARD.replace("\r\n", "\n")
    assert (first[3], first[4], first[5]) == (12.5, 0, None)
    assert second[2] == '=HYPERLINK("http://evil.example")'


def test_no_cell_of_a_workbook_is_a_formula():
    job = exported("xlsx", dateFormat="dd.mm.yyyy", autoFilter=True, sheetName="Mine")

    book = load_workbook(io.BytesIO(content_of(job)))
    sheet = book["Mine"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert sheet["B2"].number_format == "dd.mm.yyyy hh:mm:ss"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F4")
    assert sheet.column_dimensions["A"].width < sheet.column_dimensions["C"].width
    assert book.properties.description == "Exported from Backroom."


def test_json_and_ndjson_keep_types_and_nothing():
    awkward_orders()
    asked = {"columns": COLUMNS, "rename": {"code": 'The "code" %b'}}

    plain = orjson.loads(content_of(export(of_orders(format="json", **asked))))
    lines = content_of(export(of_orders(format="ndjson", **asked))).splitlines()
    pretty = {"pretty": True, "envelope": True, "decimals": "string"}
    wrapped = export(of_orders(format="json", formatOptions=pretty, **asked))

    assert [orjson.loads(line) for line in lines] == plain
    assert plain[0] == {
        'The "code" %b': "ORD100001",
        "createdAt": "2025-11-03T12:00:00.418+00:00",
        "customerName": AWKWARD,
        "totalPrice": 12.5,
        "priority": 0,
        "orderDate": None,
    }
    body = orjson.loads(content_of(wrapped))
    assert body["meta"]["rows"] == 3
    assert body["data"][0] == plain[0] | {"totalPrice": "12.50"}


@pytest.mark.parametrize(
    ("form", "empty"), [("csv", b"code\r\n"), ("json", b"[\n\n]\n"), ("ndjson", b"")]
)
def test_nothing_to_export_is_a_file_without_rows(form, empty):
    job = export(of_orders(format=form, columns=["code"]))

    assert (content_of(job), job.result_meta["rows"]) == (empty, 0)


def test_a_text_too_long_for_a_cell_is_refused_or_cut():
    OrderFactory(customer_name="x" * 32_768)
    asked = {"format": "xlsx", "columns": ["customerName"]}

    refused = export(of_orders(**asked))
    cut = export(of_orders(formatOptions={"longText": "truncate"}, **asked))

    assert (refused.status, refused.error_code) == ("failed", "limit_exceeded")
    assert "customerName of row 1" in refused.error_message
    assert len(sheet_of(cut)[1][0]) == 32_767


def test_more_rows_than_a_sheet_holds_go_to_several(monkeypatch):
    monkeypatch.setattr("apps.jobs.exports.plan.MOST_SHEET_ROWS", 2)
    monkeypatch.setattr("apps.jobs.services.prepare_export.MOST_SHEET_ROWS", 2)
    awkward_orders()
    asked = of_orders(format="xlsx", columns=["code"])
    job = accepted(asked)  # nobody knows how many there are, as yet

    split = export(asked | {"formatOptions": {"split": True}})

    assert worked_on(job).error_message.startswith("A worksheet holds 2 rows")
    book = load_workbook(io.BytesIO(content_of(split)))
    shown = [[cell.value for (cell,) in sheet.iter_rows()] for sheet in book]
    assert book.sheetnames == ["Orders 1", "Orders 2"]
    assert shown == [["code", "ORD100001", "ORD100002"], ["code", "ORD100003"]]


def test_every_data_set_can_be_exported_whole():
    from apps.jobs.exports.datasets import datasets_for
    from tests.factories.accounts import UserFactory
    from tests.factories.feedback import FeedbackFactory

    FeedbackFactory(answered=True)
    found = {}
    for dataset in datasets_for(UserFactory(operator=True)):
        for form in ("csv", "xlsx", "ndjson"):
            source = {"kind": "dataset", "dataset": dataset.name}
            job = export({"source": source, "format": form})
            found[dataset.name, form] = (job.status, job.progress_done)

    names = ("feedback", "items", "orderLines", "orders")
    assert found == {
        (name, form): ("completed", 1) for name in names for form in ("csv", "xlsx", "ndjson")
    }


def test_blocks_that_need_care_are_the_same_as_row_by_row():
    for number in range(40):
        OrderFactory(lines=[], customer_name=f"a\nb{number}" if number % 3 else f'"{number}",')
    job = export(of_orders(columns=["customerName"]))

    read = list(csv.reader(io.StringIO(content_of(job).decode(), newline="")))

    assert len(read) == 41
    assert read[2] == ["a\nb1"]

"""The corrected workbook: the user's own sheet, with what became of each row."""

import io
from contextlib import ExitStack
from datetime import timedelta

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from apps.batches.models import BatchRow
from apps.batches.services import export_corrected as module
from apps.batches.services.expand_run import expand_all
from apps.batches.services.export_corrected import StillReading, export_corrected
from apps.batches.services.submit_records import submit_records
from apps.uploads.reading import open_sheet
from demo.workbook import MAPPING as CLAIMS_MAPPING
from demo.workbook import REQUIRED_FIELDS, SHEET, WORKBOOK
from tests.batches.correcting_world import (
    HEADER,
    ROWS,
    SCRIPT,
    corrected,
    found,
    lines,
    sent,
    session_with,
    small_workbook,
    submitted,
    upload_of,
    uploaded,
)
from tests.factories.batches import BatchSessionFactory
from tests.factories.uploads import UploadFactory
from tests.support.partner import RecordingPartner
from tests.support.workbooks import workbook

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
RESULTS = ["_status", "_error", "_column", "_hint", "_row"]


@pytest.fixture(scope="module")
def partner():
    with ExitStack() as stack:
        yield stack.enter_context(RecordingPartner(script=SCRIPT))


@pytest.fixture
def run(partner):
    partner.reset()
    session = session_with(partner)
    return sent(submitted(session, small_workbook(session.owner)))


def expanded(session, path_or_upload, **source):
    """Return a batch whose rows are read and not yet sent."""
    upload = (
        path_or_upload
        if hasattr(path_or_upload, "pk")
        else upload_of(path_or_upload, session.owner)
    )
    run = submitted(session, upload, **source)
    expand_all(run)
    return found(run.pk)


def answered(run, seq, **values):
    """Note an answer of the partner's as the engine does."""
    values = {"state": "needsAction", "category": "REQUIRES_USER_ACTION", **values}
    BatchRow.objects.filter(run=run, seq=seq).update(**values)


def test_every_row_says_in_words_what_became_of_it(run):
    sheet = corrected(run).active

    assert [cell.value for cell in sheet[1]] == [*HEADER, *RESULTS]
    told = lines(sheet)
    assert [line["_status"] for line in told] == [
        "Succeeded",
        "Needs action",
        "Failed",
        "Needs action",
        "Succeeded",
    ]
    assert [line["_error"] is None for line in told] == [True, False, False, False, True]
    assert told[3]["_column"] == "Days"
    assert told[3]["_error"].startswith('"many" is not a whole number.')
    assert told[3]["_hint"] == "Correct Days, and send the row again."
    assert told[0]["_row"].startswith(f"{run.job.public_id}:1:1:")


def test_the_users_own_cells_stay_as_they_are(run):
    sheet = corrected(run).active

    shown = [[line[name] for name in HEADER] for line in lines(sheet)]
    assert shown == [*ROWS[:4], ["RX-5", "011", 10, 0]]  # the value of its formula


def test_failing_rows_are_coloured_and_the_blamed_cell_says_why(run):
    sheet = corrected(run).active

    assert sheet["A2"].fill.fill_type is None
    assert {sheet.cell(3, column).fill.start_color.rgb for column in (1, 3, 4)} == {"00FFF4CE"}
    assert sheet["B3"].fill.start_color.rgb == "00F4A100"  # the partner named memberId
    assert sheet["A4"].fill.start_color.rgb == "00FDE2DF"
    assert sheet["C5"].fill.start_color.rgb == "00F4A100"
    assert "is not a whole number" in sheet["C5"].comment.text
    assert sheet["C2"].comment is None


def test_the_header_is_frozen_the_rows_can_be_filtered_and_the_mark_is_hidden(run):
    sheet = corrected(run).active

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:I6"
    assert sheet.column_dimensions["I"].hidden
    assert not sheet.column_dimensions["E"].hidden


@pytest.mark.parametrize("size", [0, 20_000])
def test_a_partners_text_never_becomes_a_formula(run, monkeypatch, size):
    monkeypatch.setattr(module, "MOST_EDITED_ROWS", size)
    issues = [{"field": "=cmd|' /C calc'!A0", "code": "x", "message": "+1\x01\x0b"}]
    answered(
        run, 2, message='=HYPERLINK("http://evil.example","x")', hint="@SUM(A1)", issues=issues
    )

    sheet = corrected(run).active

    texts = [sheet.cell(3, column) for column in range(5, 10)]
    assert [cell.data_type for cell in texts] == ["s"] * 5
    assert texts[1].value == '=HYPERLINK("http://evil.example","x")'
    assert texts[2].value == "=cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    "field",
    ["daysOfSupply", "claim.daysOfSupply", "/claim/0/daysOfSupply", "daysOfSupply[0]", "Days"],
)
def test_the_partners_field_is_told_as_the_column_of_the_sheet(run, field):
    answered(run, 2, issues=[{"field": field, "code": "min", "message": "must be > 0"}])

    sheet = corrected(run).active

    assert lines(sheet)[1]["_column"] == "Days"
    assert "must be > 0" in sheet["C3"].comment.text


def test_only_the_failed_rows_can_be_had(run):
    told = lines(corrected(run, only_failed=True).active)

    assert [line["Claim"] for line in told] == ["RX-2", "RX-3", "RX-4"]
    assert told[2]["Days"] == "many"


def test_the_look_and_the_other_sheets_of_a_workbook_are_kept(partner, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "March"
    sheet.append(["My claims"])
    sheet.append([])
    sheet.append(HEADER)
    for row in ROWS[:4]:
        sheet.append(row)
    sheet["A4"].font = Font(italic=True)
    sheet["C4"].number_format = "0.00"
    sheet.column_dimensions["D"].width = 33
    sheet.freeze_panes = "B4"
    other = book.create_sheet("Notes")
    other["A1"], other["A2"] = "=1+2", "keep me"
    book.save(tmp_path / "march.xlsx")
    session = session_with(partner)

    run = sent(
        submitted(
            session, upload_of(tmp_path / "march.xlsx", session.owner), sheet="March", headerRow=3
        )
    )
    copy = corrected(run)

    assert copy.sheetnames == ["March", "Notes"]
    assert (copy["Notes"]["A1"].value, copy["Notes"]["A2"].value) == ("=1+2", "keep me")
    sheet = copy["March"]
    assert sheet["A1"].value == "My claims"
    assert sheet["A4"].font.italic
    assert sheet["C4"].number_format == "0.00"
    assert sheet.column_dimensions["D"].width == 33
    assert sheet.freeze_panes == "B4"
    assert [line["_status"] for line in lines(sheet, 3)] == [
        "Succeeded",
        "Needs action",
        "Failed",
        "Needs action",
    ]


def test_formulas_become_the_values_that_were_read(tmp_path):
    session = BatchSessionFactory(required_fields=REQUIRED_FIELDS)
    run = expanded(session, WORKBOOK, sheet=SHEET, mapping=CLAIMS_MAPPING)

    book = corrected(run)

    assert not [
        cell.coordinate for row in book[SHEET].iter_rows() for cell in row if cell.data_type == "f"
    ]
    told = [line for line in lines(book[SHEET]) if line["_status"]]
    assert len(told) == 560
    before = {}
    with open_sheet(run.upload, sheet=SHEET) as opened:
        for chunk in opened.chunks():
            before |= {row: cells[:13] for row, cells in chunk}
    with open_sheet(uploaded(book, session.owner), sheet=SHEET) as opened:
        assert opened.info.columns[13:] == RESULTS
        after = {row: cells[:13] for chunk in opened.chunks() for row, cells in chunk}
    before[402][5] = None  # openpyxl drops a text of blanks, which is a blank cell to us as well
    assert after == before
    assert book.sheetnames == [SHEET, "Notes"]


def test_a_table_of_the_users_keeps_its_own_filter(partner, tmp_path):
    book = openpyxl.Workbook()
    for row in [HEADER, *ROWS[:3]]:
        book.active.append(row)
    book.active.add_table(Table(displayName="Claims", ref="A1:D4"))
    book.save(tmp_path / "table.xlsx")
    run = expanded(session_with(partner), tmp_path / "table.xlsx")

    sheet = corrected(run).active

    assert sheet.auto_filter.ref == "E1:I4"
    assert sheet.tables["Claims"].ref == "A1:D4"


def test_a_text_file_becomes_a_workbook_of_its_own_columns(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text("Claim,Member,Days,Note\nRX-1,007,30,=1+1\nRX-2,008,many,\n", encoding="utf-8")

    run = expanded(BatchSessionFactory(), path)
    sheet = corrected(run).active

    assert [cell.value for cell in sheet[2]][:4] == ["RX-1", "007", "30", "=1+1"]
    assert sheet["D2"].data_type == "s"
    assert sheet["B2"].number_format == "@"
    assert lines(sheet)[1]["_column"] == "Days"
    assert sheet["C3"].fill.start_color.rgb == "FFF4A100"


def test_inline_records_become_a_workbook_of_their_fields():
    session = BatchSessionFactory()
    records = [
        {"requestId": "RX-1", "memberId": "007", "codes": ["a", "b"], "rush": True},
        {"requestId": "RX-2", "memberId": "008", "amount": 12.5, "note": "=1+1"},
    ]
    job = submit_records(
        session=session, owner=session.owner, records=records, now=session.expires_at - DAY
    )
    expand_all(found(job.pk))

    sheet = corrected(found(job.pk)).active

    told = lines(sheet)
    assert list(told[0]) == ["requestId", "memberId", "codes", "rush", "amount", "note", *RESULTS]
    assert (told[0]["codes"], told[0]["rush"], told[1]["amount"]) == ('["a","b"]', True, 12.5)
    assert {line["_status"] for line in told} == {"Not sent"}


def test_each_line_of_a_group_has_the_status_of_its_record(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text(
        "Claim,Member,Code\nRX-1,M1,aa\n,,\nRX-1,M1,bb\nRX-2,,cc\nRX-2,,dd\n", encoding="utf-8"
    )
    mapping = {"Claim": "requestId", "Member": "memberId", "Code": "codes"}

    run = expanded(BatchSessionFactory(), path, mapping=mapping, groupBy="Claim", collect=["codes"])
    sheet = corrected(run).active

    told = [line for line in lines(sheet) if line["Claim"]]
    assert [line["_status"] for line in told] == ["Not sent"] * 2 + ["Needs action"] * 2
    assert [line["_row"].split(":")[1] for line in told] == ["1", "1", "2", "2"]
    assert told[3]["_column"] == "Member"


def test_a_sheet_without_a_header_gets_one(tmp_path):
    session = BatchSessionFactory()
    upload = UploadFactory(owner=session.owner, content=workbook(["RX-1", "007"], ["RX-2", "008"]))
    mapping = {"Column A": "requestId", "Column B": "memberId"}

    run = expanded(session, upload, headerRow=0, mapping=mapping)
    told = lines(corrected(run).active)

    assert [line["Column A"] for line in told] == ["RX-1", "RX-2"]


def test_a_workbook_that_openpyxl_refuses_is_written_anew(run, monkeypatch):
    def refuse(*_):
        raise ValueError("Max value is 14")

    monkeypatch.setattr(module, "write_into_original", refuse)

    told = lines(corrected(run).active)

    assert [line["Claim"] for line in told] == ["RX-1", "RX-2", "RX-3", "RX-4", "RX-5"]


def test_a_batch_whose_rows_are_still_being_read_has_no_workbook_yet():
    session = BatchSessionFactory()
    run = submitted(session, small_workbook(session.owner))

    with pytest.raises(StillReading):
        export_corrected(run=run, file=io.BytesIO())


def test_five_thousand_rows_come_back_each_with_its_verdict():
    session = BatchSessionFactory()
    columns = [f"Column {number}" for number in range(8)]
    rows = [
        [f"RX-{number}", f"{number:09d}", "many" if number % 3 else number, "x", *([number] * 8)]
        for number in range(5_000)
    ]
    upload = UploadFactory(owner=session.owner, content=workbook([*HEADER, *columns], *rows))
    run = expanded(session, upload)
    assert run.needs_action > 3_000

    file = io.BytesIO()
    export_corrected(run=run, file=file)

    told = list(openpyxl.load_workbook(file, read_only=True).active.iter_rows(values_only=True))
    status = told[0].index("_status")
    assert len(told) == 5_001
    assert sum(line[status] == "Needs action" for line in told[1:]) == run.needs_action


class TestOverHttp:
    url = "/api/jobs/{}/corrected.xlsx"

    @pytest.fixture
    def run(self, operator_api):
        session = BatchSessionFactory(owner=operator_api.user)
        return expanded(session, small_workbook(session.owner))

    def test_the_owner_and_an_admin_can_download_it(self, run, operator_api, admin_api):
        for api in (operator_api, admin_api):
            answer = api.get(self.url.format(run.job.public_id), HTTP_ACCEPT="application/pdf")

            assert answer.status_code == 200
            assert answer["Content-Type"].endswith("spreadsheetml.sheet")
            assert run.job.public_id in answer["Content-Disposition"]
            book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
            assert len(lines(book.active)) == 5

    def test_to_others_it_does_not_exist(self, run, viewer_api, anonymous_api):
        assert viewer_api.get(self.url.format(run.job.public_id)).status_code == 404
        assert anonymous_api.get(self.url.format(run.job.public_id)).status_code == 401

    def test_only_takes_one_word(self, run, operator_api):
        url = self.url.format(run.job.public_id)

        answer = operator_api.get(url, {"only": "failed"})

        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        assert [line["Claim"] for line in lines(book.active)] == ["RX-4"]
        assert operator_api.get(url, {"only": "all"}).status_code == 422

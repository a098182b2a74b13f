"""An uploaded file in another format: numbers stay numbers, texts stay as they were."""

import orjson
import pytest

from apps.jobs.models import Job
from apps.jobs.services.run_slice import run_slice
from apps.uploads.models import Upload
from tests.exports.world import accepted, export, sheet_of
from tests.factories.accounts import UserFactory
from tests.factories.uploads import UploadFactory
from tests.generation.world import content_of
from tests.support.workbooks import workbook

pytestmark = pytest.mark.django_db(transaction=True)

CSV = (
    "zip,amount,on,ok,mixed,text\n"
    "01234,-5.50,2025-11-03,true,1,=1+1\n"
    '99999,12.00,2025-11-04,false,x,"a, ""b""\\\\ \x85"\n'
    ",,,,,\n"
    "00000,0.10,2025-11-05,true,2,é\n"
)


def inspected(owner, name, content) -> Upload:
    upload = UploadFactory(owner=owner, original_name=name, content=content)
    params = {"files": [{"uploadId": str(upload.pk)}], "options": {}}
    run_slice(job_id=Job.objects.create(type="upload", owner=owner, params=params).pk)
    upload.refresh_from_db()
    return upload


def of(upload, **more):
    return {"source": {"kind": "upload", "uploadId": str(upload.pk)}, **more}


@pytest.fixture
def person():
    return UserFactory(operator=True)


def test_a_csv_file_becomes_a_workbook_and_json_and_stays_itself(person):
    upload = inspected(person, "march.csv", CSV.encode())

    header, first, *_ = sheet_of(export(of(upload, format="xlsx"), person))
    lines = content_of(export(of(upload, format="ndjson"), person)).splitlines()
    options = {"lineEnd": "LF", "formulaGuard": False}
    same = content_of(export(of(upload, formatOptions=options), person)).decode()

    assert header == ("zip", "amount", "on", "ok", "mixed", "text")
    assert (first[0], first[1], first[3:]) == ("01234", -5.5, (True, "1", "=1+1"))
    assert first[2].isoformat() == "2025-11-03T00:00:00"
    assert orjson.loads(lines[1]) == {
        "zip": "99999",
        "amount": 12,
        "on": "2025-11-04",
        "ok": False,
        "mixed": "x",
        "text": 'a, "b"\\\\ \x85',
    }
    assert b'"amount":12.00,' in lines[1]
    assert set(orjson.loads(lines[2]).values()) == {None}
    assert same == CSV


def test_filters_and_order_work_on_what_the_columns_are(person):
    upload = inspected(person, "march.csv", CSV.encode())
    asked = {
        "columns": ["zip", "mixed"],
        "filters": [
            {"field": "amount", "op": "lt", "value": 10},
            {"field": "on", "op": "gte", "value": "2025-11-03"},
            {"field": "mixed", "op": "gt", "value": 0},
        ],
        "sort": [{"field": "amount", "dir": "desc"}],
    }

    job = export(of(upload, **asked), person)

    assert content_of(job) == b"zip,mixed\r\n00000,2\r\n01234,1\r\n"
    assert job.result_meta["filename"] == "march.csv"


def test_a_workbooks_cells_keep_their_types(person):
    content = workbook(
        ["Claim", "Days", "Odd"], ["RX-1", 3, 1.5], ["@2", 10, "x"], [None, -4, True]
    )
    upload = inspected(person, "march.xlsx", content)

    rows = sheet_of(export(of(upload, format="xlsx"), person))
    text = content_of(export(of(upload), person)).decode()

    assert rows[1:] == [("RX-1", 3, 1.5), ("@2", 10, "x"), (None, -4, True)]
    assert text.split("\r\n")[1:4] == ["RX-1,3,1.5", "'@2,10,x", ",-4,true"]


def test_nested_and_strange_json_survives(person):
    content = (
        b'[{"a": {"b": [1, "\\u0000\\\\u0000x"]}, "c": 12345678901234567890123}, {"a": "t\\ty"}]'
    )
    upload = inspected(person, "x.json", content)

    lines = content_of(export(of(upload, format="ndjson"), person)).splitlines()

    assert orjson.loads(lines[0]) == {
        "a": {"b": [1, "\\u0000x"]},
        "c": "12345678901234567890123",
    }
    assert orjson.loads(lines[1]) == {"a": "t\ty", "c": None}


def test_an_upload_must_be_mine_looked_into_and_kept(operator_api):
    mine = UploadFactory(owner=operator_api.user)
    foreign = inspected(UserFactory(operator=True), "a.csv", b"a\n1\n")
    gone = inspected(operator_api.user, "a.csv", b"a\n1\n")
    job = accepted(of(gone), operator_api.user)

    def answer(upload):
        found = operator_api.post("/export", of(upload), format="json")
        return found.status_code, found.json()["code"]

    assert operator_api.delete(f"/upload/{gone.pk}").status_code == 409  # an export needs it
    Job.objects.filter(pk=job.pk).update(
        status="failed", error_code="x", finished_at="2025-11-03T00:00:00Z"
    )
    assert operator_api.delete(f"/upload/{gone.pk}").status_code == 204
    assert answer(mine) == (409, "source_not_ready")
    assert answer(foreign) == (404, "upload_not_found")
    assert answer(gone) == (410, "upload_gone")
    estimate = operator_api.post("/export/estimate", of(foreign), format="json")
    assert estimate.status_code == 404


def test_an_estimate_reads_only_the_beginning(operator_api):
    content = "n\n" + "\n".join(map(str, range(5_000)))
    upload = inspected(operator_api.user, "n.csv", content.encode())

    body = of(upload, limit=2_000, format="json")
    estimate = operator_api.post("/export/estimate", body, format="json").json()

    assert (estimate["rows"], estimate["exact"]) == (2_000, True)
    assert estimate["preview"][:2] == [{"n": 0}, {"n": 1}]


@pytest.mark.parametrize("value", [900, 900.0, "900"])
def test_one_odd_cell_does_not_make_numbers_compare_as_texts(person, value):
    lines = [f"{n},{n}.5" if n != 5 else "5,n/a" for n in range(1, 1001)]
    upload = inspected(person, "n.csv", "\n".join(["id,amount", *lines]).encode())
    most = [{"field": "amount", "op": "gte", "value": value}]
    falling = [{"field": "amount", "dir": "desc"}]

    found = content_of(export(of(upload, filters=most, sort=falling), person)).decode()

    rows = found.splitlines()[1:]
    assert len(rows) == 101
    assert (rows[0], rows[-1]) == ("1000,1000.5", "900,900.5")


def test_the_estimate_tells_of_a_column_with_values_of_several_kinds(operator_api):
    upload = inspected(operator_api.user, "n.csv", b"id,amount\n1,2.5\n2,n/a\n")
    asked = of(upload, sort=[{"field": "amount"}])

    warnings = operator_api.post("/export/estimate", asked, format="json").json()["warnings"]

    (warning,) = warnings
    assert warning.startswith("amount has values of several kinds: numbers are compared with")


def test_no_value_of_a_row_that_is_too_long_is_lost_in_silence(operator_api):
    lines = [f"{n},x" for n in range(1, 300)] + ["300,1,2"]
    upload = inspected(operator_api.user, "n.csv", "\n".join(["a,b", *lines]).encode())

    preview = operator_api.get(f"/upload/{upload.pk}/preview?rows=2")
    job = export(of(upload), operator_api.user)

    assert [row["values"] for row in preview.json()["rows"]] == [["1", "x"], ["2", "x"]]
    assert (job.status, job.error_code) == ("failed", "invalid_source")
    assert job.error_message == "Row 301 has 3 values for 2 columns."

import csv
import io
import json
import tracemalloc

import openpyxl
import pytest

from apps.batches.models import BatchAnswer, BatchRow
from tests.batches.api.world import answer_of, batch, row_of

HOSTILE = {
    "requestId": "=HYPERLINK('http://evil.example')",
    "memberId": "+1",
    "note": "@SUM(A1)",
    "tab": "\tx",
    "return": "\rx",
    "minus": "-2+3",
    "days": -3,
    "lines": [{"code": "A"}],
    "big": 12345678901234567,
    "yes": True,
    "nothing": None,
}


def url_of(run, rest=""):
    return f"/api/jobs/{run.job.public_id}/records{rest}"


def content_of(response):
    return b"".join(response.streaming_content)


def test_rows_are_listed_in_order_with_what_became_of_them(operator_api, session):
    run = batch(session, "succeeded", "needsAction", "pending", sheet="March")

    body = operator_api.get(url_of(run)).json()

    accepted, refused, waiting = body["records"]
    assert [accepted["seq"], refused["seq"], waiting["seq"]] == [1, 2, 3]
    assert accepted["responseId"].startswith("rsp_")
    assert accepted["errorId"] is None
    assert refused["errorId"].startswith("err_")
    assert (refused["row"], refused["sheet"], refused["key"]) == (3, "March", "RX-2")
    assert (refused["statusCode"], refused["category"]) == (422, "REQUIRES_USER_ACTION")
    assert waiting["attempts"] == 0
    assert body["pagination"]["total"] == 3


def test_rows_are_filtered_by_state_category_and_text(operator_api, session):
    run = batch(session, "succeeded", "needsAction", "failed", "unknown")

    def found(**query):
        rows = operator_api.get(url_of(run), query).json()["records"]
        return [row["seq"] for row in rows]

    assert found(state="needsAction,failed") == [2, 3]
    assert found(category="NETWORK_ERROR") == [4]
    assert found(q="rx-3") == [3]
    assert found(q="M-0") == [3]
    assert found(state="failed", q="RX-1") == []


@pytest.mark.parametrize("query", ["state=done", "category=BAD", "pageSize=501", "page=0"])
def test_an_unknown_word_is_422(operator_api, session, query):
    run = batch(session, "pending")

    assert operator_api.get(url_of(run, f"?{query}")).status_code == 422


def test_five_hundred_rows_cost_as_much_as_one(
    operator_api, session, django_assert_max_num_queries
):
    run = batch(session, *["succeeded"] * 500)

    with django_assert_max_num_queries(5):
        body = operator_api.get(url_of(run), {"pageSize": 500}).json()

    assert len(body["records"]) == 500


def test_a_row_shows_its_payload_and_every_answer(operator_api, session):
    run = batch(session, "failed")
    row = BatchRow.objects.get(run=run)
    BatchAnswer.objects.bulk_create([answer_of(row, number=2)])

    body = operator_api.get(url_of(run, "/1")).json()

    assert body["payload"] == {"requestId": "RX-1", "memberId": "M-1", "days": 1}
    assert [answer["attempt"] for answer in body["answers"]] == [1, 2]
    assert [sent["idempotencyKey"] for sent in body["sent"]] == [f"{run.pk}:1"]
    assert body["answers"][0]["data"] == {"accepted": True, "ref": "A-9012"}
    assert body["answers"][0]["headers"] == {"content-type": "application/json"}


@pytest.mark.parametrize("seq", ["9", "0", "99999999999999", "x"])
def test_a_row_that_is_not_there_is_404(operator_api, session, seq):
    run = batch(session, "pending")

    assert operator_api.get(url_of(run, f"/{seq}")).status_code == 404


def exported(api, run, kind):
    response = api.get(url_of(run, "/export"), {"format": kind})
    assert response.status_code == 200
    assert response["Content-Disposition"].endswith(f'-records.{kind}"')
    assert response["X-Content-Type-Options"] == "nosniff"
    return content_of(response)


def test_a_csv_holds_fields_then_results_in_order(operator_api, session):
    run = batch(session, "succeeded", "needsAction", "pending")

    text = exported(operator_api, run, "csv").decode()

    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0])[:4] == ["requestId", "memberId", "days", "_seq"]
    assert [row["requestId"] for row in rows] == ["RX-1", "RX-2", "RX-3"]
    assert [row["_state"] for row in rows] == ["succeeded", "needsAction", "pending"]
    assert rows[1]["_message"] == "days must be positive"
    assert text.count("\r\n") == 4


def test_no_cell_of_a_csv_runs_as_a_formula(operator_api, session):
    records = {1: HOSTILE, 2: {"=cmd": "x"}}
    run = batch(session, "pending", "pending", records=records)

    text = exported(operator_api, run, "csv").decode()

    header, hostile, _ = csv.reader(io.StringIO(text, newline=""))
    row = dict(zip(header, hostile, strict=True))
    assert row["requestId"] == "'=HYPERLINK('http://evil.example')"
    for field in ("memberId", "note", "tab", "return", "minus"):
        assert row[field] == "'" + HOSTILE[field]
    assert (row["days"], row["lines"]) == ("-3", '[{"code":"A"}]')
    assert "'=cmd" in header


def test_a_workbook_keeps_text_as_text(operator_api, session):
    run = batch(session, "needsAction", "pending", records={1: HOSTILE})

    workbook = openpyxl.load_workbook(io.BytesIO(exported(operator_api, run, "xlsx")))

    header, first, second = workbook.active.iter_rows()
    cells = {title.value: cell for title, cell in zip(header, first, strict=True)}
    assert cells["requestId"].value == HOSTILE["requestId"]
    assert {cells[name].data_type for name in ("requestId", "memberId", "note", "big")} == {"s"}
    assert (cells["days"].value, cells["yes"].value) == (-3, True)
    assert cells["big"].value == "12345678901234567"
    assert cells["_state"].value == "needsAction"
    assert second[0].value == "RX-2"


def test_ndjson_holds_whole_records(operator_api, session):
    run = batch(session, "failed", records={1: HOSTILE})

    lines = exported(operator_api, run, "ndjson").splitlines()

    record = json.loads(lines[0])
    assert record["lines"] == [{"code": "A"}]
    assert record["requestId"] == HOSTILE["requestId"]
    assert (record["_seq"], record["_state"], record["_category"]) == (1, "failed", "SYSTEM_ERROR")


def test_a_record_that_is_no_object_does_not_break_an_export(operator_api, session):
    run = batch(session, "pending", "pending")
    BatchRow.objects.filter(run=run, seq=1).update(payload="null")

    for kind in ("csv", "xlsx", "ndjson"):
        assert exported(operator_api, run, kind)


def test_an_unknown_format_is_422(operator_api, session):
    run = batch(session, "pending")

    assert operator_api.get(url_of(run, "/export?format=pdf")).status_code == 422


def test_records_with_too_many_fields_are_for_ndjson(operator_api, session):
    records = {n: {f"f{n}_{k}": 1 for k in range(250)} for n in range(1, 6)}
    run = batch(session, *["pending"] * 5, records=records)

    response = operator_api.get(url_of(run, "/export?format=csv"))

    assert (response.status_code, response.json()["code"]) == (422, "too_many_fields")
    assert exported(operator_api, run, "ndjson").count(b"\n") == 5


@pytest.mark.parametrize("kind", ["csv", "ndjson", "xlsx"])
def test_an_export_needs_no_memory_for_its_rows(operator_api, session, kind):
    run = batch(session)
    many = [
        row_of(run, n, "pending", {"requestId": str(n), "note": "n" * 2000}) for n in range(8000)
    ]
    type(run).objects.filter(pk=run.pk).update(is_expanded=False)
    BatchRow.objects.bulk_create(many)
    del many
    url = url_of(run, f"/export?format={kind}")
    operator_api.get(url_of(run, "?pageSize=1"))

    tracemalloc.start()
    response = operator_api.get(url)
    size = sum(len(piece) for piece in response.streaming_content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # 8,000 rows of 2 kB are 16 MB; in hand at once are 200 of them and one piece of the file.
    assert size > (100_000 if kind == "xlsx" else 16_000_000)
    assert peak < 4_000_000

"""`manage.py batch`: what it prints, and what its exit code says."""

import io
import json
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection

from apps.jobs.models import Job
from apps.jobs.services.run_slice import run_slice
from apps.uploads.models import Upload
from tests.batches.correcting_world import HEADER, MAPPING, ROWS, editing, lines, session_with
from tests.factories.accounts import UserFactory
from tests.factories.batches import BatchSessionFactory
from tests.support.partner import RecordingPartner
from tests.support.workbooks import workbook

pytestmark = pytest.mark.django_db(transaction=True)
HELP = Path(__file__).with_name("help_of_batch.txt")


@pytest.fixture(scope="module")
def partner():
    with ExitStack() as stack:
        yield stack.enter_context(RecordingPartner(script={"RX-2": "status:422"}))


@pytest.fixture
def session(partner):
    partner.reset()
    return session_with(partner)


@pytest.fixture
def claims(tmp_path):
    """A workbook with one row that no partner takes and one that we refuse ourselves."""
    return write(tmp_path / "march.xlsx", *ROWS)


@pytest.fixture
def mapping(tmp_path):
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(MAPPING), encoding="utf-8")
    return path


def write(path, *rows):
    path.write_bytes(workbook(HEADER, *rows))
    return path


def command(*words):
    """Run the command; return its exit code, its result and what it told beside it."""
    out, told = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("batch", *map(str, words), stdout=out, stderr=told)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), told.getvalue()


@contextmanager
def worker():
    """Work on every open job, as a worker process would."""
    stop = threading.Event()

    def work():
        while not stop.is_set():
            for key in Job.objects.open().values_list("pk", flat=True):
                run_slice(job_id=key)
            time.sleep(0.05)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def arguments(session, path, mapping):
    return ["run", path, "--session", session.public_id, "--mapping", mapping]


def test_a_batch_with_unsuccessful_rows_ends_with_1_and_its_workbook(
    session, claims, mapping, tmp_path
):
    out = tmp_path / "result.xlsx"

    with worker():
        code, result, told = command(*arguments(session, claims, mapping), "--corrected", out)

    assert code == 1
    job = Job.objects.get()
    assert result.strip() == f"{job.public_id} partial: 5 rows = 3 succeeded, 2 needsAction"
    assert f"{job.public_id}: 5 rows to 127.0.0.1" in told
    assert f"Wrote {out}" in told
    assert job.owner == session.owner
    assert [line["_status"] for line in lines(openpyxl.load_workbook(out).active)][1] == (
        "Needs action"
    )


def test_a_batch_without_faults_ends_with_0(session, mapping, tmp_path):
    path = write(tmp_path / "good.xlsx", ROWS[0], ROWS[4])

    with worker():
        code, result, _ = command(*arguments(session, path, mapping), "--json")

    assert code == 0
    body = json.loads(result)
    assert body["counts"]["succeeded"] == body["totalRecords"] == 2
    assert (body["state"], body["outcome"]) == ("completed", "all_succeeded")
    assert body["sessionId"] == session.public_id


def test_nobody_needs_to_wait(session, claims, mapping):
    code, result, _ = command(*arguments(session, claims, mapping), "--no-wait", "--json")

    assert code == 0
    assert json.loads(result)["state"] == "queued"


def test_a_rehearsal_sends_and_keeps_nothing(session, claims, mapping, partner):
    code, result, _ = command(*arguments(session, claims, mapping), "--dry-run")

    assert code == 1
    assert "5 rows: 4 can be sent, 1 cannot." in result
    assert '"many" is not a whole number.' in result
    assert "Authorization: Basic ••••" in result
    assert "s3cret" not in result
    assert partner.call_count() == 0
    assert not Job.objects.exists()
    assert not Upload.objects.exists()


def test_complaints_are_told_field_by_field(session, claims, tmp_path):
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"Clam": "requestId", "Days": {"field": "days", "type": "int"}}')

    code, result, told = command(*arguments(session, claims, wrong))
    _, as_json, _ = command(*arguments(session, claims, wrong), "--json")

    assert (code, result) == (2, "")
    assert 'source.mapping.Days.type: "int" is none of' in told
    assert 'The sheet has no column "Clam". Did you mean "Claim"?' in told
    assert json.loads(as_json)["code"] == "validation_failed"
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "nowhere.xlsx", "--session", "ses_1"], "There is no file nowhere.xlsx."),
        (["run", "{file}", "--session", "ses_1"], "There is no such session"),
        (["run", "{file}", "--session", "{ses}", "--as-user", "x"], "There is no user x."),
        (["run", "{file}", "--session", "{ses}", "--as-user", "{other}"], "no such session"),
        (["run", "{file}", "--session", "{ses}", "--sheet", "June"], "Sheet 'June' not found"),
        (["run", "{file}", "--session", "{ses}", "--corrected", "out.csv"], "must end in .xlsx"),
        (["corrected", "job_1", "out.xlsx"], "There is no such batch"),
        (["corrected", "job_1", "/nowhere/out.xlsx"], "is no directory to write to"),
        (["corrections", "job_1", "{file}"], "There is no such batch"),
    ],
)
def test_bad_input_ends_with_2_and_a_sentence(claims, words, sentence):
    session = BatchSessionFactory()
    other = UserFactory(operator=True).username
    places = {"file": claims, "ses": session.public_id, "other": other}

    code, result, told = command(*(word.format(**places) for word in words))

    assert (code, result) == (2, "")
    assert sentence in told


def test_a_batch_at_work_takes_no_corrections(session, claims, mapping):
    command(*arguments(session, claims, mapping), "--no-wait")

    code, result, told = command("corrections", Job.objects.get().public_id, claims)

    assert (code, result) == (2, "")
    assert "still at work" in told


def test_a_refused_login_ends_with_3_and_says_how_to_go_on(partner, tmp_path, mapping):
    rows = [[f"LX-{number}", "007", 30, ""] for number in range(60)]
    path = write(tmp_path / "sixty.xlsx", *rows)
    partner.script({row[0]: "status:401" for row in rows})
    session = session_with(partner)

    with worker():
        code, _, told = command(*arguments(session, path, mapping))

    assert code == 3
    assert "stands still (auth_failed)" in told
    assert f"manage.py jobs resume {Job.objects.get().public_id}" in told


def test_a_corrected_workbook_goes_out_and_comes_back(session, claims, mapping, partner, tmp_path):
    out = tmp_path / "result.xlsx"
    with worker():
        command(*arguments(session, claims, mapping))
    job = Job.objects.get().public_id

    code, result, _ = command("corrected", job, out, "--json")

    assert code == 0
    assert json.loads(result) == {"jobId": job, "file": str(out), "bytes": out.stat().st_size}
    book = openpyxl.load_workbook(out)
    with editing(book) as cells:
        cells[5, "Days"] = 5
    book.save(out)

    code, result, _ = command("corrections", job, out, "--dry-run", "--json")
    assert (code, json.loads(result)["changed"]) == (0, 1)
    partner.script({"RX-2": "ok"})
    try:
        with worker():
            code, result, told = command("corrections", job, out)
    finally:
        partner.script({"RX-2": "status:422"})

    assert "1 changed and 1 unchanged rows are to be sent." in told
    assert (code, result.strip()) == (0, f"{job} completed: 5 rows = 5 succeeded")


def test_ctrl_c_detaches_and_says_how_to_watch(session, claims, mapping, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("apps.core.console.time.sleep", interrupt)

    code, _, told = command(*arguments(session, claims, mapping))

    job = Job.objects.get()
    assert code == 130
    assert f"Detached; manage.py jobs watch {job.public_id} watches again." in told
    assert job.is_open


def test_the_help_teaches(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    told = ""
    for verb in ("run", "corrected", "corrections"):
        with pytest.raises(SystemExit) as end:
            call_command("batch", verb, "--help")
        assert end.value.code == 0
        # Versions of Python break the lines of the usage differently.
        told += capsys.readouterr().out.partition("\n\n")[2]

    assert told == HELP.read_text(encoding="utf-8")

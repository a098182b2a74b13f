"""`manage.py generate`: what it prints, what it writes, and what its exit code says."""

import io
import json
import threading
import time
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import connection

from apps.jobs.models import Job
from apps.jobs.services.run_slice import run_slice
from tests.factories.accounts import UserFactory
from tests.generation.world import customers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "customers.json"
    path.write_text(json.dumps(customers()), encoding="utf-8")
    return path


def run(name, *words):
    """Run a command; return its exit code, its result and what it told beside it."""
    out, told, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(name, *map(str, words), stdout=out, stderr=told)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), told.getvalue()


def command(*words):
    """Run `manage.py generate`."""
    return run("generate", *words)


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


def test_the_file_is_written_in_the_format_of_its_name(schema, tmp_path):
    UserFactory(admin=True)
    out = tmp_path / "made.ndjson"

    with worker():
        code, result, told = command(schema, "--rows", 25, "--seed", 9, "--out", out, "--json")

    lines = out.read_text().splitlines()
    assert (code, len(lines)) == (0, 25)
    body = json.loads(result)
    assert (body["seed"], body["state"], body["file"]) == (9, "completed", str(out))
    assert f"Wrote {out}" in told
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_dry_run_shows_the_first_rows_and_makes_nothing(schema):
    code, result, _ = command(schema, "--dry-run")

    assert code == 0
    assert result.startswith("Nothing was made. 100 rows as csv are about")
    assert "customers begins with" in result
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.json"], "There is no file nothing.json."),
        (["nobody@3"], "There is no schema of this name and version."),
        (["{schema}", "--rows", "0"], "rows: rows must be a whole number"),
        (["{schema}", "--as-user", "nobody"], "There is no user nobody."),
        (["{schema}", "--out", "/no/where/x.csv"], "There is no directory /no/where."),
    ],
)
def test_what_is_not_acceptable_is_told_and_exits_with_2(schema, words, said):
    UserFactory(admin=True)

    code, _, told = command(*(word.format(schema=schema) for word in words))

    assert code == 2
    assert said in told
    assert not Job.objects.exists()

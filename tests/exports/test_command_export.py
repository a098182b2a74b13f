"""`manage.py export`: what it prints, what it writes, and what its exit code says."""

import json

import pytest

from apps.jobs.models import Job
from tests.exports.world import awkward_orders
from tests.factories.accounts import UserFactory
from tests.generation.test_command_generate import run, worker

pytestmark = pytest.mark.django_db(transaction=True)


def command(*words):
    """Run the command; return its exit code, its result and what it told beside it."""
    return run("export", *words)


def test_the_file_is_written_in_the_format_of_its_name(tmp_path):
    UserFactory(admin=True)
    awkward_orders()
    out = tmp_path / "orders.ndjson"
    words = (
        "--sort",
        "code:desc",
        "--columns",
        "code,totalPrice",
        "--where",
        "totalPrice>=0.5",
        "--where",
        "priority=0",
    )

    with worker():
        code, result, told = command("orders", *words, "--out", out, "--json")

    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert (code, [line["code"] for line in lines]) == (0, ["ORD100003", "ORD100001"])
    body = json.loads(result)
    assert (body["state"], body["result"]["rows"], body["file"]) == ("completed", 2, str(out))
    assert f"Wrote {out}" in told
    assert [path.name for path in tmp_path.iterdir()] == ["orders.ndjson"]


def test_a_dry_run_counts_and_shows_the_first_rows_and_writes_nothing(tmp_path):
    UserFactory(admin=True)
    awkward_orders()
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"source": {"kind": "dataset", "dataset": "orders"}}))

    code, result, _ = command(request, "--columns", "code", "--limit", 2, "--dry-run")

    assert code == 0
    assert result.startswith("Nothing was written. 2 rows as csv are about")
    assert "ORD100002" in result
    assert "ORD100003" not in result
    assert not Job.objects.exists()


def test_what_can_be_exported_is_listed():
    UserFactory(admin=True)

    code, result, _ = command("--json")

    assert code == 0
    assert "customerName" in json.loads(result)["datasets"]["orders"]


REFUSED = [
    (["nothing.json"], "There is no file nothing.json."),
    (["nobody"], "There is no such data set"),
    (["orders", "--columns", "code,nope"], "columns[1]: There is no column nope."),
    (["orders", "--where", "status"], "is no condition such as status=pending."),
    (["orders", "--upload", "x"], "Name one source"),
    (["orders", "--as-user", "nobody"], "There is no user nobody."),
    (["orders", "--out", "/no/where/x.csv"], "There is no directory /no/where."),
]


def test_what_is_not_acceptable_is_told_and_exits_with_2():
    UserFactory(admin=True)

    for words, said in REFUSED:
        code, _, told = command(*words)

        assert code == 2, words
        assert said in told
    assert not Job.objects.exists()

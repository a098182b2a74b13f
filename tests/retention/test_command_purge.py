"""`manage.py purge`: what it prints, and what its exit code says."""

import io
import json

import pytest
from django.core.management import call_command

from apps.core.models import OutboxMessage
from tests.retention.world import dead_letter, upload

pytestmark = pytest.mark.django_db


def command(*words):
    """Run the command; return its exit code, its result and what it told beside it."""
    out, told = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("purge", *map(str, words), stdout=out, stderr=told)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), told.getvalue()


def test_a_dry_run_is_a_table_and_removes_nothing():
    upload(40)

    code, shown, _ = command("--dry-run")

    assert code == 0
    assert shown.splitlines()[0].split() == ["type", "would", "go", "bytes"]
    assert shown.splitlines()[2].split()[:2] == ["uploads", "1"]
    assert json.loads(command("--dry-run", "--json")[1])["removed"]["uploads"]["count"] == 1


def test_a_purge_tells_what_went_as_one_json_object():
    dead_letter(200), dead_letter(300)

    code, shown, told = command("--type", "dead-letters", "--json")

    assert code == 0
    assert json.loads(shown) == {
        "dryRun": False,
        "removed": {"dead-letters": {"count": 2, "bytes": 0}},
    }
    assert told == "dead-letters: 2\n"
    assert not OutboxMessage.objects.exists()
    assert command()[1] == "There is nothing whose time is over.\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--type", "sheep"], "unknown_type"),
        (["--older-than", 3], "age_without_type"),
        (["--type", "jobs", "--older-than", 0], "validation_failed"),
        (["--rate", 0], "validation_failed"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(words, code):
    exit_code, shown, _ = command(*words, "--json")

    assert (exit_code, json.loads(shown)["code"]) == (2, code)


def test_its_help_names_every_type_and_how_long_it_is_kept(capsys):
    with pytest.raises(SystemExit):
        call_command("purge", "--help")

    text = capsys.readouterr().out
    assert "generated-data    14 d" in text
    assert "idempotency-keys  24 h" in text

"""`.env.example` is complete: it names what the settings read, says why, and nothing else."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = {"text", "optional", "flag", "number", "words", "secret", "secrets", "database"} | {
    "debug",
    "lower_words",
    "one_of",
}
EXPLAINED = re.compile(r"^# [^\n]+\n(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
NAMED = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
# Read before our settings are: by Django itself.
DJANGOS_OWN = {"DJANGO_SETTINGS_MODULE"}


def names_read_by(source: str) -> set[str]:
    """Return the variables that are read: `env.text("NAME")` or `os.environ.get("NAME")`."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and (call.func.attr in READERS or ast.unparse(call.func) == "os.environ.get")
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and re.fullmatch(r"[A-Z][A-Z0-9_]+", call.args[0].value)
    }


def read_names() -> set[str]:
    files = (ROOT / "config").rglob("*.py")
    return set().union(*(names_read_by(file.read_text()) for file in files)) | DJANGOS_OWN


def test_it_names_every_variable_that_is_read_and_no_other():
    named = NAMED.findall((ROOT / ".env.example").read_text())

    assert sorted(named) == sorted(read_names())


def test_every_variable_has_a_line_that_says_what_it_is_for():
    text = (ROOT / ".env.example").read_text()

    assert EXPLAINED.findall(text) == NAMED.findall(text)


def test_it_holds_no_secret():
    filled = re.findall(r"^([A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert filled == [("DJANGO_SETTINGS_MODULE", "config.settings")]

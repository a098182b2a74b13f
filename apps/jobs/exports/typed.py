"""Values as people type them: nothing of a text says what kind it is meant to be."""

from contextlib import suppress
from typing import Any

from apps.jobs.files.kinds import Kind

YES, NO = ("true", "yes", "1"), ("false", "no", "0")


def typed_value(text: str, operator: str, kind: Kind | None) -> Any:
    """Return what a filter of this kind of column is asked; what does not fit stays a text."""
    if operator == "isNull":
        return _flag(text or "true")
    if operator == "in":
        return [_one(part.strip(), kind) for part in text.split(",")]
    return _one(text, kind)


def _one(text: str, kind: Kind | None) -> Any:
    if kind == Kind.INTEGER and text.lstrip("-").isdecimal():
        return int(text)
    if kind == Kind.BOOLEAN:
        return _flag(text)
    if kind == Kind.ANY:
        with suppress(ValueError):
            return float(text)
    return text


def _flag(text: str) -> Any:
    word = text.lower()
    return True if word in YES else False if word in NO else text

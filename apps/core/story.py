"""What happened to something, and by whom: the events of its history, told as changes."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import models

from apps.core.times import iso

UNKNOWN = "someone outside the application"


class Chapter(NamedTuple):
    """Everything that one person changed at once."""

    at: datetime
    by: str
    sentences: list[str]


def chapters_of(told: Iterable[tuple[Any, str]]) -> list[Chapter]:
    """Return the events with their sentences, gathered by who and when; the latest come first."""
    chapters: dict[Any, Chapter] = {}
    for event, sentence in told:
        by = (event.pgh_context or {}).get("name") or UNKNOWN
        # Events of one use case share the context; without one, those of a transaction the moment.
        key = event.pgh_context_id or event.pgh_created_at
        chapter = chapters.setdefault(key, Chapter(event.pgh_created_at, by, []))
        chapter.sentences.append(sentence)
    return sorted(chapters.values(), key=lambda chapter: chapter.at)[::-1]


def changes_in(
    events: Iterable[Any], model: type[models.Model], *, untold: Collection[str]
) -> Iterator[tuple[Any, str]]:
    """Tell what each event changed of the one before; the first has nothing to be compared with."""
    before: Any = None
    for event in events:
        if before is not None:
            for column in model._meta.concrete_fields:
                if column.name not in untold and (change := change_of(column, before, event)):
                    yield event, change
        before = event


def change_of(column: "models.Field[Any, Any]", before: Any, after: Any) -> str:
    """Return what became of a column, or nothing where it stayed."""
    old, new = getattr(before, column.attname), getattr(after, column.attname)
    if old == new:
        return ""
    label = str(column.verbose_name).capitalize()
    return f"{label}: {shown(column, old)} → {shown(column, new)}"


def shown(column: "models.Field[Any, Any]", value: Any) -> str:
    """Return a value as people write it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return (iso(value) or "")[:16].replace("T", " ").removesuffix(" 00:00")
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return str(dict(column.flatchoices).get(value, value))

"""What was changed about an account, and by whom: the events of its history, told as changes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from apps.accounts.models import User

UNKNOWN = "someone outside the application"
TOLD = ("username", "email", "google_id", "role", "is_active", "is_staff", "is_superuser")


class Chapter(NamedTuple):
    """Everything that one person changed at once."""

    at: datetime
    by: str
    sentences: list[str]


def story_of(user: User) -> list[Chapter]:
    """Return the account's history, the latest change first."""
    chapters = []
    before: Any = None
    for event in user.events.order_by("pgh_id"):  # type: ignore[attr-defined]
        sentences = ["Account made"] if before is None else list(_changes(before, event))
        by = (event.pgh_context or {}).get("name") or UNKNOWN
        chapters.append(Chapter(event.pgh_created_at, by, sentences))
        before = event
    return [chapter for chapter in chapters if chapter.sentences][::-1]


def _changes(before: Any, after: Any) -> Iterator[str]:
    for name in TOLD:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            label = str(User._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            yield f"{label[0].upper()}{label[1:]}: {_shown(old)} → {_shown(new)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "nothing")

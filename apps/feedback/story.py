"""What happened to a feedback, and by whom: who replied, who showed it and who hid it."""

from typing import Any

from django.apps import apps

from apps.core.story import UNKNOWN, Chapter, change_of
from apps.feedback.models import Feedback

TOLD = (
    "rating",
    "comment",
    "product_quality",
    "delivery_experience",
    "is_public",
    "response_text",
)


def story_of(feedback: Feedback) -> list[Chapter]:
    """Return the feedback's history, the latest change first."""
    events = apps.get_model("feedback", "FeedbackEvent")._base_manager
    chapters: list[Chapter] = []
    before: Any = None
    for event in events.filter(pgh_obj_id=feedback.pk).order_by("pgh_id"):
        by = (event.pgh_context or {}).get("name") or UNKNOWN
        sentences = _changes(before, event) if before else [f"Given: {event.rating} of 5"]
        if sentences:
            chapters.append(Chapter(event.pgh_created_at, by, sentences))
        before = event
    return chapters[::-1]


def _changes(before: Any, after: Any) -> list[str]:
    columns = (column for column in Feedback._meta.concrete_fields if column.name in TOLD)
    told = (change_of(column, before, after) for column in columns)
    return [sentence for sentence in told if sentence]

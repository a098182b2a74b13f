"""What happened to an item and its designs, and by whom."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.apps import apps

from apps.catalog.models import Design, Item
from apps.core.story import Chapter, changes_in, chapters_of

UNTOLD = ("id", "created_at", "deleted_at", "image_path")
UNTOLD_OF_DESIGNS = ("id", "item", "name", "created_at", "image_path")


def story_of(item: Item) -> list[Chapter]:
    """Return the item's history, the latest change first."""
    return chapters_of([*_told_of_item(item), *_told_of_designs(item)])


def _told_of_item(item: Item) -> Iterator[tuple[Any, str]]:
    events = list(_events("ItemEvent").filter(pgh_obj_id=item.pk))
    # Items that are older than the history begin with a change.
    added = [event for event in events[:1] if event.pgh_label == "added"]
    yield from ((event, f"Added as {event.name}") for event in added)
    yield from changes_in(events, Item, untold=UNTOLD)
    for before, event in pairwise(events):
        if (before.deleted_at is None) != (event.deleted_at is None):
            yield event, "Restored" if event.deleted_at is None else "Deleted"
        if before.image_path != event.image_path:
            yield event, _picture(before.image_path, event.image_path)


def _picture(before: str | None, after: str | None) -> str:
    if not after:
        return "Picture removed"
    return "Picture replaced" if before else "Picture added"


def _told_of_designs(item: Item) -> Iterator[tuple[Any, str]]:
    of_design: dict[int, list[Any]] = {}
    for event in _events("DesignEvent").filter(item_id=item.pk):
        of_design.setdefault(event.pgh_obj_id, []).append(event)
    for events in of_design.values():
        for event in events:
            if event.pgh_label != "changed":
                yield event, f"Design {event.pgh_label}: {event.name}"
        for event, change in changes_in(events, Design, untold=UNTOLD_OF_DESIGNS):
            yield event, f"Design {event.name}: {change}"


def _events(name: str) -> Any:
    return apps.get_model("catalog", name)._base_manager.order_by("pgh_id")

from datetime import datetime, timedelta

import structlog
from django.core.files.storage import default_storage

from apps.catalog.models import Design, Item
from apps.catalog.pictures.keeping import FOLDER
from apps.catalog.pictures.thumbnail import thumbnail_path

log = structlog.get_logger(__name__)

FORGOTTEN_AFTER = timedelta(hours=24)


def remove_forgotten(*, now: datetime) -> int:
    """Remove pictures whose row was never committed: the process died between the two."""
    removed = 0
    for path in _stored() - _shown():
        if now - default_storage.get_modified_time(path) > FORGOTTEN_AFTER:
            default_storage.delete(path)
            removed += 1
    log.info("pictures.forgotten_removed", removed=removed)
    return removed


def _stored() -> set[str]:
    try:
        return {f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]}
    except FileNotFoundError:
        return set()


def _shown() -> set[str]:
    shown: set[str] = set(Design.objects.values_list("image_path", flat=True))
    of_items = Item.objects.exclude(image_path=None)
    shown.update(path for path in of_items.values_list("image_path", flat=True) if path)
    return shown | {thumbnail_path(path) for path in shown}

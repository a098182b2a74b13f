"""Pictures in the storage: under names that nobody can guess, gone if the row is not saved."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.catalog.pictures.picture import Picture
from apps.catalog.pictures.refusals import ImageNotStored
from apps.core.outbox import enqueue

log = structlog.get_logger(__name__)

FOLDER = "items"


@contextmanager
def kept(picture: Picture | None) -> Iterator[str]:
    """
    Store the picture and lend its path (or "") to a transaction; if that fails, the file goes.

    A caller's own transaction around this one may still fail: `remove_forgotten` finds the file.

    :raises ImageNotStored: if the storage does not take it
    """
    path = _store(picture) if picture else ""
    try:
        with transaction.atomic():
            yield path
            if path:
                enqueue("catalog.draw_thumbnail", path=path)
    except BaseException:
        if path:
            with suppress(OSError):  # what failed before is what the caller must hear of
                default_storage.delete(path)
        raise


def discard(path: str | None) -> None:
    """Have a picture removed as soon as the transaction that no longer needs it commits."""
    if path:
        enqueue("catalog.remove_picture", path=path)


def _store(picture: Picture) -> str:
    path = f"{FOLDER}/{token_hex(16)}.{picture.extension}"
    try:
        return default_storage.save(path, ContentFile(picture.content))
    except Exception as error:  # each storage has errors of its own
        log.exception("picture.not_stored", exc_info=error)
        raise ImageNotStored from None

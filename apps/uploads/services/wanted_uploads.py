from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.uploads.models import Upload
from apps.uploads.signals import upload_wanted


def wanted_uploads(ids: Iterable[UUID]) -> set[UUID]:
    """Return which of the uploads an open job still needs, as the apps above tell us."""
    asked = list(ids)
    answers: list[tuple[Any, Any]] = upload_wanted.send(Upload, uploads=asked) if asked else []
    return {wanted for _, answer in answers for wanted in answer or ()}

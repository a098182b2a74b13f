from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone
from psycopg import Connection

from apps.accounts.models import User
from apps.core.errors import DomainError, Missing
from apps.jobs.exports.loading import loading
from apps.jobs.exports.source import KEY_OF_LOADED, LOADED, Load, Source, payload_column
from apps.jobs.files.kinds import Kind
from apps.uploads.cells import Cell, text_of
from apps.uploads.inspection.types import CellType
from apps.uploads.models import Upload
from apps.uploads.reading import open_sheet
from apps.uploads.services.find_upload import UploadNotReadable, find_upload
from apps.uploads.services.touch_upload import touch_upload

# What is no loss to be taken for more than a text.
KINDS = {
    CellType.TEXT: Kind.TEXT,
    CellType.INSTANT: Kind.TEXT,
    CellType.INTEGER: Kind.INTEGER,
    CellType.DECIMAL: Kind.DECIMAL,
    CellType.BOOLEAN: Kind.BOOLEAN,
    CellType.DATE: Kind.DATE,
    CellType.DATETIME: Kind.DATETIME,
    CellType.TIME: Kind.TIME,
}


class UploadNotInspected(DomainError):
    """Nobody has looked into this file yet; wait for its job, or see why it failed."""

    code = "source_not_ready"


class SourceNotFound(Missing):
    """This upload never became complete; send the file again."""

    code = "source_not_found"


def uploaded_source(upload_id: str, user: User) -> Source:
    """
    Return the rows of an uploaded file, as its inspection has read it.

    :raises UploadNotFound: if there is none, or it is somebody else's
    :raises UploadGone: if its bytes were removed
    :raises UploadNotInspected: if its columns are not known
    """
    try:
        upload = find_upload(upload_id, user)
    except UploadNotReadable:
        raise SourceNotFound from None
    if upload.columns is None or upload.row_count is None:
        raise UploadNotInspected
    found = [CellType(known["type"]) for known in upload.column_types or ()]
    types = found or [CellType.MIXED] * len(upload.columns)
    scales = [known["scale"] for known in upload.column_types or ()] or [0] * len(types)
    name = upload.original_name.rpartition(".")[0] or upload.original_name
    return Source(
        name=name,
        title=name,
        relation=LOADED,
        key=KEY_OF_LOADED,
        columns=tuple(
            payload_column(
                "e.payload", position, name, KINDS.get(kind, Kind.ANY), scale, zoned=False
            )
            for position, (name, kind, scale) in enumerate(
                zip(upload.columns, types, scales, strict=True)
            )
        ),
        rows=upload.row_count,
        load=_loader(upload, types),
    )


def _loader(upload: Upload, types: list[CellType]) -> Load:
    moments = {n for n, kind in enumerate(types) if kind == CellType.DATETIME}

    def load(connection: Connection[Any], most: int | None, step: Callable[[], None]) -> None:
        sheet = upload.sheet or None
        opened = open_sheet(
            upload,
            sheet=sheet,
            header_row=upload.header_row,
            max_rows=settings.MAX_ROWS,
        )
        touch_upload(upload=upload, now=timezone.now())
        with opened as rows, loading(connection) as put:
            for chunk in rows.chunks():
                step()
                put([orjson.dumps(_payload(values, moments)) for _, values in chunk[:most]])
                if most is not None:
                    return

    return load


def _payload(values: list[Cell], moments: set[int]) -> list[Any]:
    shown = [value if not isinstance(value, dict) else _shown(value) for value in values]
    for position in moments:
        value = shown[position]
        if isinstance(value, str) and len(value) == len("2025-11-03"):
            shown[position] = f"{value}T00:00:00"  # a midnight, which a workbook tells as a date
    return shown


def _shown(cell: dict[str, Any]) -> Any:
    if "j" in cell:
        return cell["j"]
    return cell["dt"] if "dt" in cell else text_of(cell)

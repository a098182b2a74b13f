from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import structlog
from django.conf import settings

from apps.batches.correcting.fresh import write_fresh
from apps.batches.correcting.lines import Line, Lines, lines_of
from apps.batches.correcting.original import write_into_original
from apps.batches.models import BatchRun
from apps.core.errors import DomainError
from apps.uploads.kinds import Kind
from apps.uploads.local_file import local_file

log = structlog.get_logger(__name__)

# A workbook is edited whole in memory; beyond this a fresh one is written line by line.
MOST_EDITED_ROWS = 20_000
MOST_EDITED_BYTES = 5 * 1024 * 1024


class StillReading(DomainError):
    """The rows of this batch are still being read; try again in a moment."""

    code = "still_reading"


def export_corrected(*, run: BatchRun, file: IO[bytes], only_failed: bool = False) -> None:
    """
    Write the batch's workbook with what became of each row, so that it can be corrected.

    :param only_failed: whether to leave out all rows but the unsuccessful ones
    :raises StillReading: if there is no row for some lines yet
    :raises UploadGone: if the file was removed since
    """
    if not run.is_expanded and run.job.is_open:
        raise StillReading
    if _is_editable(run) and not only_failed and _edited(run, file):
        return
    is_delimited = run.upload is not None and run.upload.kind == Kind.DELIMITED
    with lines_of(run) as lines:
        if only_failed:
            lines = replace(lines, rows=_unsuccessful(lines))
        header = corrected_header_row(run)
        write_fresh(run.sheet, header, lines, file, as_text=is_delimited, packed=only_failed)


def corrected_header_row(run: BatchRun) -> int:
    """Return where the header of the corrected workbook is; it has one in any case."""
    return max(1, _header_row(run))


def _header_row(run: BatchRun) -> int:
    return int((run.source or {}).get("headerRow", 1))


def _is_editable(run: BatchRun) -> bool:
    return (
        run.upload is not None
        and run.upload.kind == Kind.XLSX
        and (run.upload.size_bytes or 0) <= MOST_EDITED_BYTES
        and _header_row(run) > 0
    )


def _edited(run: BatchRun, file: IO[bytes]) -> bool:
    """Write into the user's own workbook; return False if that cannot be done."""
    with lines_of(run) as lines:
        if lines.count > min(MOST_EDITED_ROWS, settings.WORKBOOK_MAX_ROWS):
            return False
        assert run.upload is not None  # noqa: S101 - `_is_editable` has seen it
        try:
            with local_file(run.upload) as path:
                write_into_original(path, run.sheet, corrected_header_row(run), lines, file)
        except DomainError:
            raise
        except Exception as error:
            # openpyxl gives up on workbooks that Excel reads; the rows are still to be had.
            log.warning("corrected.not_editable", reason=f"{type(error).__name__}: {error}"[:200])
            file.seek(0)
            file.truncate()
            return False
    return True


def _unsuccessful(lines: Lines) -> Iterator[Line]:
    return (line for line in lines.rows if line.facts and line.facts.is_unsuccessful)

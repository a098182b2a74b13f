from apps.uploads.models import Upload
from apps.uploads.reading import SheetInfo, open_sheet, read_info


def describe_upload(*, upload: Upload, sheet: str | None = None, header_row: int = 1) -> SheetInfo:
    """
    Look into the file once, and remember its sheets, columns and number of rows.

    :raises Unreadable: if it cannot be read
    """
    info = read_info(upload, sheet=sheet, header_row=header_row)
    if info.rows < 0:
        info = SheetInfo(info.sheets, info.sheet, info.columns, _count(upload, header_row))
    if (upload.sheet, upload.header_row) != (info.sheet or "", header_row):
        upload.column_types = None  # they were those of other columns
    upload.sheets, upload.columns, upload.row_count = info.sheets, info.columns, info.rows
    upload.sheet, upload.header_row = info.sheet or "", header_row
    known = ["sheets", "columns", "row_count", "sheet", "header_row", "column_types"]
    upload.save(update_fields=known)
    return info


def _count(upload: Upload, header_row: int) -> int:
    """
    Count the rows of a text file by reading all of it, which also proves that it can be read.

    :raises Unreadable: if it cannot
    """
    with open_sheet(upload, header_row=header_row) as opened:
        return sum(len(chunk) for chunk in opened.chunks())

from pathlib import Path

from apps.uploads.content.refusals import EmptyFile
from apps.uploads.content.text import check_text
from apps.uploads.content.workbook import check_workbook
from apps.uploads.kinds import Kind, kind_of_type


def check_content(path: Path, mime_type: str, declared_encoding: str = "") -> str:
    """
    Check that the file is what its name says, and return the encoding of a text file.

    :raises EmptyFile: if there is nothing in it
    :raises ContentMismatch: if it is something else
    :raises Invalid: if it is damaged, protected or hostile
    """
    if path.stat().st_size == 0:
        raise EmptyFile
    kind = kind_of_type(mime_type)
    if kind == Kind.XLSX:
        check_workbook(path)
        return ""
    return check_text(path, kind, declared_encoding)

"""The kinds of files that we accept, by name, by type and by what they are."""

from enum import StrEnum
from pathlib import PurePath

from apps.core.errors import WrongType


class Kind(StrEnum):
    """How a file is read."""

    XLSX = "xlsx"
    DELIMITED = "delimited"
    JSON = "json"
    NDJSON = "ndjson"


XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BY_EXTENSION = {
    ".xlsx": (Kind.XLSX, XLSX_TYPE),
    ".csv": (Kind.DELIMITED, "text/csv"),
    ".tsv": (Kind.DELIMITED, "text/tab-separated-values"),
    ".txt": (Kind.DELIMITED, "text/plain"),
    ".json": (Kind.JSON, "application/json"),
    ".ndjson": (Kind.NDJSON, "application/x-ndjson"),
    ".jsonl": (Kind.NDJSON, "application/x-ndjson"),
}
_BY_TYPE = {mime_type: kind for kind, mime_type in _BY_EXTENSION.values()}


def type_of_name(name: str) -> str:
    """
    Return the type that a file of this name must turn out to have.

    :raises WrongType: if we do not accept such files
    """
    extension = PurePath(name).suffix.lower()
    if extension not in _BY_EXTENSION:
        accepted = ", ".join(_BY_EXTENSION)
        shown = extension[:16] or "nothing"
        raise WrongType(f"Files ending in {shown} are not accepted; send one of {accepted}.")
    return _BY_EXTENSION[extension][1]


def kind_of_type(mime_type: str) -> Kind:
    """
    Return how a file of one of our types is read.

    :raises WrongType: if it is none of them
    """
    try:
        return _BY_TYPE[mime_type]
    except KeyError:
        raise WrongType(f"Files of type {mime_type or 'unknown'} cannot be read.") from None

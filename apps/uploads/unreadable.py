from apps.core.errors import Invalid


class Unreadable(Invalid):
    """The file cannot be read."""

    code = "invalid_source"


class SheetNotFound(Unreadable):
    """The workbook has no sheet of this name."""

    code = "sheet_not_found"


class TooManyRows(Unreadable):
    """The file has more rows than are accepted."""

    code = "too_many_rows"


_BY_CODE = {kind.code: kind for kind in (SheetNotFound, TooManyRows)}


def unreadable(code: str, message: str) -> Unreadable:
    """Return what the child process says as one of our errors."""
    return _BY_CODE.get(code, Unreadable)(message)

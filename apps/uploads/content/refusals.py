from apps.core.errors import Invalid, WrongType


class EmptyFile(Invalid):
    """The file is empty."""

    code = "empty_file"


class ContentMismatch(WrongType):
    """The content of the file is not what its name says."""

    code = "content_mismatch"


class DamagedFile(Invalid):
    """The file is damaged or was not sent completely."""

    code = "damaged_file"


class HostileFile(Invalid):
    """The file is built to harm whoever opens it."""

    code = "hostile_file"


class EncryptedWorkbook(Invalid):
    """The workbook is protected by a password; save it without one."""

    code = "encrypted_workbook"


class MacroWorkbook(Invalid):
    """The workbook contains macros; save it as a plain .xlsx."""

    code = "macro_workbook"


class TooManyRows(Invalid):
    """The file has more rows than we accept."""

    code = "too_many_rows"


class TooManyColumns(Invalid):
    """A sheet may have at most 16,384 columns."""

    code = "too_many_columns"


class TooManyCells(Invalid):
    """A sheet spans more cells than we can read."""

    code = "too_many_cells"


class UnreadableText(Invalid):
    """The text is neither UTF-8 nor UTF-16; say its encoding."""

    code = "unreadable_text"

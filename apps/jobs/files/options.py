"""What may be said about each format, and what holds where nothing is said."""

from typing import Any

from apps.jobs.unacceptable import Unacceptable

FORMATS = ("csv", "xlsx", "json", "ndjson")
FLAG = (True, False)
COMPRESS = ("none", "gzip", "zip")
DECIMALS = ("number", "string")
DATE_FORMATS = ("yyyy-mm-dd", "dd.mm.yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "d mmm yyyy")
# The first of the possible values is the default.
Choices = dict[str, dict[str, tuple[Any, ...]]]
CHOICES: Choices = {
    "csv": {
        "delimiter": (",", ";", "\t", "|"),
        "header": FLAG,
        "bom": (False, True),
        "quote": ("minimal", "all"),
        "lineEnd": ("CRLF", "LF"),
        "decimal": (".", ","),
        "formulaGuard": FLAG,
        "compress": COMPRESS,
    },
    "xlsx": {"freezeHeader": FLAG, "autoFilter": (False, True)},
    "json": {"pretty": (False, True), "envelope": (False, True), "compress": COMPRESS},
    "ndjson": {"compress": COMPRESS},
}
# What matters where the values are not our own.
OF_EXPORTS: Choices = {
    "csv": {},
    "xlsx": {
        "columnWidths": ("auto", "fixed"),
        "dateFormat": DATE_FORMATS,
        "split": (False, True),
        "longText": ("refuse", "truncate"),
    },
    "json": {"decimals": DECIMALS},
    "ndjson": {"decimals": DECIMALS},
}
TEXTS = {"csv": {"nullText": 20}, "xlsx": {"sheetName": 31}}
NOT_IN_SHEET_NAMES = set("[]:*?/\\")


def read_format_options(form: str, given: Any) -> dict[str, Any]:
    """
    Return all options of the format.

    :raises Unacceptable: if one is unknown or wrong
    """
    return _read(form, given, CHOICES[form])


def read_export_options(form: str, given: Any) -> dict[str, Any]:
    """
    Return all options of the format for values that are not our own.

    :raises Unacceptable: if one is unknown or wrong
    """
    return _read(form, given, CHOICES[form] | OF_EXPORTS[form])


def _read(form: str, given: Any, choices: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Unacceptable("formatOptions", "invalid", "formatOptions must be an object.")
    texts = TEXTS.get(form, {})
    options: dict[str, Any] = {name: values[0] for name, values in choices.items()}
    options |= dict.fromkeys(texts, "")
    for name, value in given.items():
        where = f"formatOptions.{str(name)[:40]}"
        if name in choices:
            if not any(value == known and type(value) is type(known) for known in choices[name]):
                shown = ", ".join(map(repr, choices[name]))
                raise Unacceptable(where, "invalid_choice", f"{name} must be one of {shown}.")
        elif name in texts:
            _check_text(where, value, texts[name])
        else:
            raise Unacceptable(where, "unknown", f"{form} has no such option.")
        options[name] = value
    _check_null_text(options)
    return options


def _check_text(where: str, value: Any, longest: int) -> None:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        message = f"It must be a text of at most {longest} printable characters."
        raise Unacceptable(where, "invalid", message)
    if where.endswith("sheetName") and set(value) & NOT_IN_SHEET_NAMES:
        raise Unacceptable(where, "invalid", "A sheet's name has none of []:*?/\\.")


def _check_null_text(options: dict[str, Any]) -> None:
    """Refuse what would tear a line apart: the text for nothing stands in it as it is."""
    if {'"', options.get("delimiter")} & set(options.get("nullText", "")):
        message = "nullText must have neither quotes nor the delimiter."
        raise Unacceptable("formatOptions.nullText", "invalid", message)

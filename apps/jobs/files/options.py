"""What may be said about each format, and what holds where nothing is said."""

from typing import Any

from apps.jobs.unacceptable import Unacceptable

FORMATS = ("csv", "xlsx", "json", "ndjson")
FLAG = (True, False)
COMPRESS = ("none", "gzip", "zip")
# The first of the possible values is the default.
CHOICES: dict[str, dict[str, tuple[Any, ...]]] = {
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
TEXTS = {"csv": {"nullText": 20}, "xlsx": {"sheetName": 31}}
NOT_IN_SHEET_NAMES = set("[]:*?/\\")


def read_format_options(form: str, given: Any) -> dict[str, Any]:
    """
    Return all options of the format.

    :raises Unacceptable: if one is unknown or wrong
    """
    if not isinstance(given, dict):
        raise Unacceptable("formatOptions", "invalid", "formatOptions must be an object.")
    choices, texts = CHOICES[form], TEXTS.get(form, {})
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
    return options


def _check_text(where: str, value: Any, longest: int) -> None:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        message = f"It must be a text of at most {longest} printable characters."
        raise Unacceptable(where, "invalid", message)
    if where.endswith("sheetName") and set(value) & NOT_IN_SHEET_NAMES:
        raise Unacceptable(where, "invalid", "A sheet's name has none of []:*?/\\.")

from typing import Any

from apps.uploads.sandbox.cells import header_text
from apps.uploads.sandbox.refusal import Refusal

MOST_COLUMNS = 16_384


def letters(index: int) -> str:
    """Return the spreadsheet's name of a column: A for 0, AA for 26."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def name_columns(cells: list[Any]) -> list[str]:
    """
    Name every column once: blank headers by their letter, repeated ones by a number.

    :raises Refusal: if there are more than a spreadsheet can have
    """
    if len(cells) > MOST_COLUMNS:
        raise Refusal("too_many_columns", "A sheet may have at most 16,384 columns.")
    names: list[str] = []
    taken: set[str] = set()
    for index, cell in enumerate(cells):
        name = _free(header_text(cell) or f"Column {letters(index)}", taken)
        taken.add(name)
        names.append(name)
    return names


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name} ({number})", number + 1
    return candidate

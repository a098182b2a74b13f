"""A first proposal of a mapping, from a sheet's header and its first rows; people correct it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from apps.batches.mapping.columns import FieldType
from apps.uploads.cells import Cell

WORD = re.compile(r"[^\W_]+")
NEARLY_ALL = 0.8
LONGEST = 128


def guess_mapping(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], wanted: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """
    Return a mapping of every column.

    :param wanted: the fields that the session asks for; columns of similar names fill them
    """
    seen = list(rows)
    taken: set[str] = set()
    mapping: dict[str, dict[str, Any]] = {}
    for position, column in enumerate(header):
        if column in mapping:
            continue
        field = _field_for(column, wanted, taken)
        taken.add(field)
        kind = _type_of([row[position] for row in seen if position < len(row)])
        mapping[column] = {"field": field, "type": str(kind), "required": field in wanted}
    return mapping


def _field_for(column: str, wanted: Sequence[str], taken: set[str]) -> str:
    name = _camel(column)
    similar = next((field for field in wanted if _are_alike(name, field)), name)
    if similar not in taken:
        return similar
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return name if name not in taken else f"{name}{number}"


def _are_alike(name: str, field: str) -> bool:
    one, other = name.casefold(), field.casefold()
    return one == other or other == f"{one}id"


def _camel(column: str) -> str:
    words: list[str] = WORD.findall(column) or ["column"]
    first, *rest = words
    first = first.lower() if first.isupper() else first[:1].lower() + first[1:]
    return (first + "".join(word[:1].upper() + word[1:] for word in rest))[:LONGEST]


def _type_of(cells: list[Cell]) -> FieldType:
    """Return the type that nearly all cells have; text where they differ, as the safest."""
    kinds = Counter(kind for cell in cells if (kind := _kind(cell)) is not None)
    if set(kinds) == {FieldType.INTEGER, FieldType.DECIMAL}:
        return FieldType.DECIMAL
    for kind, times in kinds.most_common(1):
        if times >= NEARLY_ALL * kinds.total():
            return kind
    return FieldType.STRING


def _kind(cell: Cell) -> FieldType | None:
    match cell:
        case None:
            return None
        case bool():
            return FieldType.BOOLEAN
        case int():
            return FieldType.INTEGER
        case float():
            return FieldType.DECIMAL
        case str():
            return FieldType.STRING
    marks = {"d": FieldType.DATE, "dt": FieldType.DATETIME, "j": FieldType.AS_READ}
    return next((kind for mark, kind in marks.items() if mark in cell), None)

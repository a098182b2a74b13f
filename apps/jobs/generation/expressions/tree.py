"""What a formula is made of. Each node answers for all rows of a chunk at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.errors import DomainError

Columns = Mapping[str, list[Any]]
LONGEST_RESULT = 10_000
LARGEST = 10**18


class FormulaFailed(DomainError):
    """A formula met values that it cannot work with."""

    code = "expression_failed"


class Node:
    """A part of a formula."""

    def values(self, columns: Columns, count: int) -> list[Any]:
        """Return this part's value in every row."""
        raise NotImplementedError


@dataclass(frozen=True)
class Literal(Node):
    """A value that is written in the formula."""

    value: Any

    def values(self, columns: Columns, count: int) -> list[Any]:
        return [self.value] * count


@dataclass(frozen=True)
class Name(Node):
    """A field of the row."""

    name: str

    def values(self, columns: Columns, count: int) -> list[Any]:
        return columns[self.name]


@dataclass(frozen=True)
class Call(Node):
    """Something done to the values of other parts."""

    act: Callable[..., Any]
    arguments: tuple[Node, ...]

    def values(self, columns: Columns, count: int) -> list[Any]:
        given = [argument.values(columns, count) for argument in self.arguments]
        if not given:
            return [self.act() for _ in range(count)]
        return [_bounded(value) for value in map(self.act, *given)]


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > LONGEST_RESULT:
            raise FormulaFailed(f"A text would be longer than {LONGEST_RESULT} characters.")
    elif isinstance(value, int) and not -LARGEST <= value <= LARGEST:
        return float(value)
    return value


@dataclass(frozen=True)
class Formula:
    """A formula that was understood, and the fields that it reads."""

    root: Node
    names: frozenset[str]

    def values(self, columns: Columns, count: int) -> list[Any]:
        """
        Return the formula's value in every row.

        :raises FormulaFailed: if it meets values that it cannot work with
        """
        return list(self.root.values(columns, count))

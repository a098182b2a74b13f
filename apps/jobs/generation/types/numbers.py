"""Numbers, choices and keys."""

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

from apps.jobs.files.kinds import Kind
from apps.jobs.generation.columns import Chunk, Column, Indexed, Values, pool
from apps.jobs.generation.distributions import uniform, weighted
from apps.jobs.generation.field_type import Param, Spec, check_text, field_type, need_order
from apps.jobs.unacceptable import Unacceptable

GROUP = "number"
MOST_VALUES = 10_000


class Sequential(Column):
    """start, start + step, start + 2 step …"""

    kind = Kind.INTEGER
    is_drawn = False

    def __init__(self, start: int, step: int) -> None:
        self._start, self._step = start, step
        self.size = 10**12 if step else 1

    def fill(self, chunk: Chunk, path: str) -> Values:
        return list(self.of_rows(chunk.first, chunk.count))

    def of_rows(self, first: int, count: int) -> range | list[int]:
        """Return the values of so many rows; a range, which takes no room."""
        begin = self._start + first * self._step
        if not self._step:
            return [begin] * count
        return range(begin, begin + count * self._step, self._step)

    def at(self, indexes: Sequence[int]) -> Values:
        return [self._start + index * self._step for index in indexes]


@field_type(
    "sequence",
    GROUP,
    "Counts up from row to row.",
    Param("start", "integer", "The first number.", 1),
    Param("step", "integer", "How far it is to the next.", 1, -(10**6), 10**6),
)
def sequence(spec: Spec) -> Column:
    return Sequential(spec["start"], spec["step"])


@field_type(
    "integer",
    GROUP,
    "A whole number.",
    Param("min", "integer", "The smallest.", 0),
    Param("max", "integer", "The largest.", 1000),
    distributes=True,
)
def integer(spec: Spec) -> Column:
    least, most = spec["min"], spec["max"]
    need_order(least, most)

    def value_of(indexes: Sequence[int]) -> Values:
        return [least + index for index in indexes]

    spread = spec.spread(start=least)
    return Indexed(most - least + 1, value_of, kind=Kind.INTEGER, distribution=spread)


def decimals(spec: Spec, least: float, most: float, scale: int) -> Indexed:
    """Return numbers with so many decimals from one to another."""
    need_order(least, most)
    factor = 10**scale
    if max(abs(least), abs(most)) * factor > 2**53:
        raise Unacceptable("scale", "out_of_range", "So many digits cannot be told apart.")
    start = round(least * factor)

    def value_of(indexes: Sequence[int]) -> Values:
        return [(start + index) / factor for index in indexes]

    size = round(most * factor) - start + 1
    spread = spec.spread(start=least, unit=1 / factor) if spec.type.distributes else uniform
    return Indexed(size, value_of, kind=Kind.DECIMAL, scale=scale, distribution=spread)


@field_type(
    "decimal",
    GROUP,
    "A number with decimals.",
    Param("min", "number", "The smallest.", 0),
    Param("max", "number", "The largest.", 1000),
    Param("scale", "integer", "How many decimals.", 2, 0, 9),
    distributes=True,
)
def decimal(spec: Spec) -> Column:
    return decimals(spec, spec["min"], spec["max"], spec["scale"])


@field_type(
    "boolean",
    GROUP,
    "Yes or no.",
    Param("truePercent", "number", "How often yes.", 50, 0, 100),
)
def boolean(spec: Spec) -> Column:
    share = spec["truePercent"]
    return pool((True, False), kind=Kind.BOOLEAN, distribution=weighted([share, 100 - share]))


@field_type(
    "choice",
    GROUP,
    "One of a list of your own.",
    Param("values", "list", "Texts, numbers or yes/no, at most 10,000.", required=True),
    Param("weights", "list", "How likely each of them is; equally, unless told."),
    distributes=True,
)
def choice(spec: Spec) -> Column:
    values = spec["values"]
    if not 1 <= len(values) <= MOST_VALUES:
        raise Unacceptable("values", "out_of_range", f"Give 1 to {MOST_VALUES} values.")
    kind = kind_of(values)
    weights = spec["weights"]
    if weights is None:
        return pool(values, kind=kind, distribution=spec.spread())
    if len(weights) != len(values):
        raise Unacceptable("weights", "invalid", "Give as many weights as values.")
    for number, weight in enumerate(weights):
        if isinstance(weight, bool) or not isinstance(weight, int | float) or weight < 0:
            message = "A weight must be a number, 0 or more."
            raise Unacceptable(f"weights[{number}]", "invalid", message)
    if not 0 < sum(weights) < float("inf"):
        raise Unacceptable("weights", "invalid", "At least one weight must be above 0.")
    return pool(values, kind=kind, distribution=weighted(weights))


def kind_of(values: Sequence[Any]) -> Kind:
    """
    Return what these values are to a file.

    :raises Unacceptable: if one is an object or a list
    """
    for number, value in enumerate(values):
        if not isinstance(value, str | int | float | bool | None):
            message = "A value must be a text, a number or yes/no."
            raise Unacceptable(f"values[{number}]", "invalid", message)
        if isinstance(value, str):
            check_text(f"values[{number}]", value)
    kinds = {type(value) for value in values if value is not None}
    known = {bool: Kind.BOOLEAN, int: Kind.INTEGER, float: Kind.ANY, str: Kind.TEXT}
    return known[kinds.pop()] if len(kinds) == 1 else Kind.ANY


@field_type(
    "constant",
    GROUP,
    "The same value in every row.",
    Param("value", "value", "The value.", required=True),
)
def constant(spec: Spec) -> Column:
    value = spec["value"]
    return pool((value,), kind=kind_of((value,)))


@field_type("uuid", GROUP, "A random UUID of version 4.")
def uuid(_spec: Spec) -> Column:
    def value_of(indexes: Sequence[int]) -> Values:
        # 122 bits, of which each index decides 60 and its mixture the rest.
        return [str(UUID(int=_spread_bits(index), version=4)) for index in indexes]

    return Uuids(2**60, value_of)


def _spread_bits(index: int) -> int:
    mixed = (index * 0x9E3779B97F4A7C15F39CC0605CEDC834 + 0x3C6EF372FE94F82B) % 2**128
    return mixed ^ mixed >> 64


class Uuids(Indexed):
    """Random ones are made of random bytes; only unique ones are numbered."""

    def draw(self, random: Random, count: int) -> Values:
        text = random.randbytes(16 * count).hex()
        kinds = "89ab"
        return [
            f"{text[n : n + 8]}-{text[n + 8 : n + 12]}-4{text[n + 13 : n + 16]}-"
            f"{kinds[int(text[n + 16], 16) & 3]}{text[n + 17 : n + 20]}-{text[n + 20 : n + 32]}"
            for n in range(0, 32 * count, 32)
        ]

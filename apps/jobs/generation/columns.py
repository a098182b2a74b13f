"""Columns: where a field's values come from, many at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import Any

from apps.jobs.files.kinds import Kind
from apps.jobs.generation.distributions import Distribution, uniform
from apps.jobs.generation.randomness import draw, fork, seeded
from apps.jobs.generation.words import WordList

Values = list[Any]


@dataclass
class Chunk:
    """A run of rows that is made in one go, whoever makes it."""

    words: tuple[object, ...]
    number: int
    first: int
    count: int
    columns: dict[str, Values] = field(default_factory=dict)

    def random(self, *words: object) -> Random:
        """Return the generator of this chunk for one purpose."""
        return seeded(*self.words, *words, self.number)


class Column:
    """Values of one kind. `size` is how many different ones there are, None if nobody knows."""

    kind = Kind.TEXT
    scale = 0
    size: int | None = None
    # Names of the columns that must be there before this one.
    needs: frozenset[str] = frozenset()
    # Whether values can be made without knowing their row.
    is_drawn = True

    def fill(self, chunk: Chunk, path: str) -> Values:
        """Return a value for every row of the chunk."""
        return self.draw(chunk.random(path), chunk.count)

    def draw(self, random: Random, count: int) -> Values:
        """Return so many values."""
        raise NotImplementedError

    def at(self, indexes: Sequence[int]) -> Values:
        """Return the values of these numbers; different numbers, different values."""
        raise NotImplementedError


class Indexed(Column):
    """Values that can be numbered, so that each of them can be had exactly once."""

    # Whether a value may consist of several words.
    has_blanks = False

    def __init__(
        self,
        size: int,
        value_of: Callable[[Sequence[int]], Values],
        *,
        kind: Kind = Kind.TEXT,
        scale: int = 0,
        distribution: Distribution = uniform,
    ) -> None:
        self.size: int = size
        self.kind, self.scale = kind, scale
        self._value_of, self._distribution = value_of, distribution

    def draw(self, random: Random, count: int) -> Values:
        return self._value_of(self._distribution(random, count, self.size))

    def at(self, indexes: Sequence[int]) -> Values:
        return self._value_of(indexes)


def pool(
    values: Sequence[Any],
    *,
    kind: Kind = Kind.TEXT,
    distribution: Distribution = uniform,
) -> Indexed:
    """Return a column that picks from a list."""

    def value_of(indexes: Sequence[int]) -> Values:
        return [values[index] for index in indexes]

    found = Indexed(len(values), value_of, kind=kind, distribution=distribution)
    if isinstance(values, WordList):
        found.has_blanks = values.has_blanks
    else:
        found.has_blanks = any(" " in value for value in values if isinstance(value, str))
    return found


def numbers(start: int, end: int) -> Indexed:
    """Return a column of whole numbers."""

    def value_of(indexes: Sequence[int]) -> Values:
        return [start + index for index in indexes]

    return Indexed(end - start + 1, value_of, kind=Kind.INTEGER)


class Joined(Column):
    """Several columns side by side, made into one value each row."""

    def __init__(
        self,
        parts: Sequence[Indexed],
        join: Callable[[Iterable[tuple[Any, ...]]], Values],
        kind: Kind = Kind.TEXT,
    ) -> None:
        self._parts, self._join, self.kind = parts, join, kind
        # `Anna Maria` `Lee` and `Anna` `Maria Lee` would read the same.
        is_clear = sum(part.has_blanks for part in parts) < 2
        self.size = prod(part.size for part in parts) if is_clear else None

    def draw(self, random: Random, count: int) -> Values:
        made = [part.draw(fork(random), count) for part in self._parts]
        return self._join(zip(*made, strict=True))

    def at(self, indexes: Sequence[int]) -> Values:
        rest, columns = list(indexes), []
        for part in self._parts:
            size = part.size
            columns.append(part.at([index % size for index in rest]))
            rest = [index // size for index in rest]
        return self._join(zip(*columns, strict=True))


def formatted(pattern: str, *parts: Indexed) -> Joined:
    """Return a column of texts such as `%s %s`."""
    return Joined(parts, lambda rows: [pattern % row for row in rows])


class Numbered(Column):
    """Texts that may repeat, made different by a number within them."""

    def __init__(self, texts: Column, numbers: Indexed, pattern: str, size: int) -> None:
        self._texts, self._numbers, self._pattern = texts, numbers, pattern
        self.size: int = size

    def draw(self, random: Random, count: int) -> Values:
        texts = self._texts.draw(fork(random), count)
        numbers = self._numbers.draw(fork(random), count)
        pattern = self._pattern
        return [pattern % row for row in zip(texts, numbers, strict=True)]

    def at(self, indexes: Sequence[int]) -> Values:
        random = seeded(indexes[0] if indexes else 0)
        texts, pattern = self._texts.draw(random, len(indexes)), self._pattern
        return [pattern % row for row in zip(texts, indexes, strict=True)]


class Free(Column):
    """Values that only a random generator makes; they cannot be numbered."""

    def __init__(self, make: Callable[[Random, int], Values], kind: Kind = Kind.TEXT) -> None:
        self._make, self.kind = make, kind

    def draw(self, random: Random, count: int) -> Values:
        return self._make(random, count)


class Mixed(Column):
    """A column that is different from row to row: each locale has one of its own."""

    def __init__(self, columns: Sequence[Column], shares: Sequence[int]) -> None:
        self._columns = columns
        self._shares = [number for number, share in enumerate(shares) for _ in range(share)]
        self.kind = columns[0].kind
        self.scale = columns[0].scale

    def fill(self, chunk: Chunk, path: str) -> Values:
        # The same draw for all fields: a row's name and its city come from one country.
        picks = [self._shares[n] for n in draw(chunk.random("locale"), chunk.count, 100)]
        return self._spread(picks, chunk.random(path))

    def draw(self, random: Random, count: int) -> Values:
        return self._spread([self._shares[n] for n in draw(fork(random), count, 100)], random)

    def _spread(self, picks: list[int], random: Random) -> Values:
        sources = [
            iter(column.draw(fork(random), picks.count(number)))
            for number, column in enumerate(self._columns)
        ]
        return [next(sources[pick]) for pick in picks]

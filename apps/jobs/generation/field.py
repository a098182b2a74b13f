from dataclasses import dataclass
from random import Random

from apps.jobs.generation.columns import Chunk, Column, Values
from apps.jobs.generation.randomness import Permutation, draw, fork, seeded

MILLION = 1_000_000


@dataclass
class Field:
    """A field of a data set, ready to make values."""

    # Where it stands: its name, below those of the fields that it is part of.
    path: str
    column: Column
    null_percent: float = 0.0
    unique: bool = False
    hidden: bool = False

    @property
    def name(self) -> str:
        """Return its own name."""
        return self.path.rpartition("/")[2]

    def values(self, chunk: Chunk) -> Values:
        """Return the chunk's values; what must be unique is numbered through all chunks."""
        # What counts up is different in every row by itself.
        if self.unique and self.column.is_drawn:
            order = self._order(chunk)
            values = self.column.at(order.of(range(chunk.first, chunk.first + chunk.count)))
        else:
            values = self.column.fill(chunk, self.path)
        if not self.null_percent:
            return values
        return self._with_nulls(values, chunk.random(self.path, "null"))

    def draw(self, random: Random, count: int) -> Values:
        """Return so many values that belong to no row."""
        values = self.column.draw(fork(random), count)
        return self._with_nulls(values, fork(random)) if self.null_percent else values

    def _with_nulls(self, values: Values, random: Random) -> Values:
        limit = round(self.null_percent * MILLION / 100)
        lots = draw(random, len(values), MILLION)
        return [None if lot < limit else value for value, lot in zip(values, lots, strict=True)]

    def _order(self, chunk: Chunk) -> Permutation:
        assert self.column.size is not None  # noqa: S101 - refused when the field was read
        return Permutation(self.column.size, seeded(*chunk.words, self.path, "order"))

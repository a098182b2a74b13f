from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from apps.jobs.files.kinds import Kind
from apps.jobs.generation.columns import Chunk, Values
from apps.jobs.generation.field import Field
from apps.jobs.generation.types.numbers import Sequential

# Values of another data set are held in memory, unless they can be counted.
MOST_REFERRED = 200_000


@dataclass
class DataSet:
    """Rows of the same fields."""

    name: str
    rows: int
    words: tuple[object, ...]
    chunk_rows: int
    fields: list[Field] = field(default_factory=list)

    @property
    def shown(self) -> list[Field]:
        """Return the fields that are part of the result."""
        return [field for field in self.fields if not field.hidden]

    @property
    def chunks(self) -> int:
        """Return how many chunks there are."""
        return -(-self.rows // self.chunk_rows)

    def chunk(
        self,
        number: int,
        *,
        only: frozenset[str] | None = None,
        most: int | None = None,
        step: Callable[[], None] = lambda: None,
    ) -> dict[str, Values]:
        """
        Return the columns of a chunk.

        :param only: the fields that are wanted; what they need is made, too
        :param most: of the rows only the first so many
        :param step: called before each column; it may raise to end the work
        """
        first = number * self.chunk_rows
        count = min(self.chunk_rows, self.rows - first, most or self.chunk_rows)
        chunk = Chunk(self.words, number, first, count)
        wanted = self._needed(only) if only is not None else None
        for made in self.fields:
            if wanted is None or made.name in wanted:
                step()
                chunk.columns[made.name] = made.values(chunk)
        return chunk.columns

    def _needed(self, names: frozenset[str]) -> set[str]:
        wanted = set(names)
        for made in reversed(self.fields):
            if made.name in wanted:
                wanted |= made.column.needs
        return wanted


@dataclass
class Target:
    """A field that others refer to."""

    dataset: DataSet
    field: Field

    @property
    def kind(self) -> Kind:
        """Return the kind of its values."""
        return self.field.column.kind

    @property
    def scale(self) -> int:
        """Return how many decimals it has."""
        return self.field.column.scale

    @property
    def rows(self) -> int:
        """Return how many values there are to choose from."""
        return self.dataset.rows if self._is_counted else len(self._values)

    def values_at(self, rows: Sequence[int]) -> Values:
        """Return the values of these rows."""
        if isinstance(self.field.column, Sequential) and self._is_counted:
            return self.field.column.at(rows)
        values = self._values
        return [values[row] for row in rows]

    @property
    def _is_counted(self) -> bool:
        return isinstance(self.field.column, Sequential) and not self.field.null_percent

    @cached_property
    def _values(self) -> Values:
        name, values = self.field.name, Values()
        for number in range(self.dataset.chunks):
            values += self.dataset.chunk(number, only=frozenset({name}))[name]
        return [value for value in values if value is not None] or [None]

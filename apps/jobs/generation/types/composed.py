"""Fields that are made of other fields."""

from random import Random
from typing import Any

from apps.jobs.files.cells import texts_of
from apps.jobs.files.kinds import Kind
from apps.jobs.generation.columns import Chunk, Column, Indexed, Values
from apps.jobs.generation.expressions import Formula, parse
from apps.jobs.generation.field import Field
from apps.jobs.generation.field_type import CATALOGUE, Param, Spec, field_type, need_order
from apps.jobs.generation.randomness import draw, fork
from apps.jobs.generation.template import Gap, Template, read_template
from apps.jobs.unacceptable import Unacceptable

GROUP = "composed"
MOST_ELEMENTS = 50


@field_type(
    "template",
    GROUP,
    "A text with gaps, such as {firstName|lower}.{lastName|lower}@corp.example. A gap names an"
    " earlier field, or else a type; filters are lower, upper, title, trim, ascii, initial, pad:6.",
    Param("template", "string", "The text.", required=True),
    localized=True,
    holds_others=True,
)
def template(spec: Spec) -> Column:
    read = read_template(spec["template"])
    fillings = dict[str, Column]()
    for gap in read.gaps:
        known = spec.builder.earlier.get(gap.name)
        if known is not None:
            continue
        if gap.name not in CATALOGUE:
            message = f"There is neither an earlier field nor a type {gap.name[:64]}."
            raise Unacceptable("template", "unknown_field", message)
        fillings[gap.name] = spec.builder.column(
            {"type": gap.name}, f"{spec.path}/{gap.name}", spec.shares
        )
    return Templated(read, fillings, spec.builder.earlier)


class Templated(Column):
    """Fills the gaps of a template."""

    is_drawn = False

    def __init__(
        self, read: Template, fillings: dict[str, Column], earlier: dict[str, Column]
    ) -> None:
        self._template, self._fillings = read, fillings
        names = {gap.name for gap in read.gaps} - set(fillings)
        self.needs = frozenset(names)
        self._shapes = {name: (earlier[name].kind, earlier[name].scale) for name in names}

    def fill(self, chunk: Chunk, path: str) -> Values:
        made = {
            name: column.fill(chunk, f"{path}/{name}") for name, column in self._fillings.items()
        }
        columns = [self._texts(gap, made, chunk) for gap in self._template.gaps]
        if not columns:
            return [self._template.pattern % ()] * chunk.count
        return [self._template.pattern % row for row in zip(*columns, strict=True)]

    def _texts(self, gap: Gap, made: dict[str, Values], chunk: Chunk) -> list[str]:
        if gap.name in made:
            column = self._fillings[gap.name]
            texts = texts_of(made[gap.name], column.kind, column.scale)
        else:
            texts = texts_of(chunk.columns[gap.name], *self._shapes[gap.name])
        return gap.apply([text or "" for text in texts])


@field_type(
    "expression",
    GROUP,
    "A formula over earlier fields, such as round(price * quantity * 1.19, 2).",
    Param("expression", "string", "The formula.", required=True),
)
def expression(spec: Spec) -> Column:
    formula = parse(spec["expression"])
    unknown = sorted(formula.names - set(spec.builder.earlier))
    if unknown:
        message = f"There is no earlier field {unknown[0][:64]}."
        raise Unacceptable("expression", "unknown_field", message)
    return Computed(formula)


class Computed(Column):
    """The values of a formula."""

    kind = Kind.ANY
    is_drawn = False

    def __init__(self, formula: Formula) -> None:
        self._formula, self.needs = formula, formula.names

    def fill(self, chunk: Chunk, path: str) -> Values:
        return self._formula.values(chunk.columns, chunk.count)


@field_type(
    "json",
    GROUP,
    "An object with fields of its own.",
    Param("fields", "list", "Its fields, as those of a schema.", required=True),
    localized=True,
    holds_others=True,
)
def json_object(spec: Spec) -> Column:
    given = spec["fields"]
    if not given:
        raise Unacceptable("fields", "required", "An object needs at least one field.")
    fields = dict[str, Field]()
    for number, inner in enumerate(given):
        try:
            _add_field(inner, fields, spec)
        except Unacceptable as error:
            where = f"fields[{number}].{error.field}".rstrip(".")
            raise Unacceptable(where, error.code, error.message) from None
    return Objects(fields)


def _add_field(given: Any, fields: dict[str, Field], spec: Spec) -> None:
    name = spec.builder.name_of(given)
    if name in fields:
        raise Unacceptable("name", "duplicate", f"There are two fields {name}.")
    fields[name] = spec.builder.inner(given, f"{spec.path}/{name}", spec.shares)


class Objects(Column):
    """Objects of several columns."""

    kind = Kind.ANY

    def __init__(self, fields: dict[str, Field]) -> None:
        self._fields = fields
        columns = [made.column for made in fields.values()]
        self.needs = frozenset().union(*(column.needs for column in columns))
        self.is_drawn = all(column.is_drawn for column in columns)

    def fill(self, chunk: Chunk, path: str) -> Values:
        return self._objects([made.values(chunk) for made in self._fields.values()])

    def draw(self, random: Random, count: int) -> Values:
        return self._objects([made.draw(fork(random), count) for made in self._fields.values()])

    def _objects(self, made: list[Values]) -> Values:
        names = tuple(self._fields)
        return [dict(zip(names, row, strict=True)) for row in zip(*made, strict=True)]


@field_type(
    "array",
    GROUP,
    "A list of values of one type.",
    Param("of", "object", 'The type of each, such as {"type": "word"}.', required=True),
    Param("min", "integer", "At least so many.", 0, 0, MOST_ELEMENTS),
    Param("max", "integer", "At most so many.", 5, 0, MOST_ELEMENTS),
    localized=True,
    holds_others=True,
)
def array(spec: Spec) -> Column:
    need_order(spec["min"], spec["max"])
    try:
        inner = spec.builder.inner(spec["of"], f"{spec.path}/of", spec.shares)
    except Unacceptable as error:
        raise Unacceptable(f"of.{error.field}", error.code, error.message) from None
    if not inner.column.is_drawn:
        message = "Values in a list cannot depend on their row."
        raise Unacceptable("of.type", "invalid", message)
    return Lists(inner, spec["min"], spec["max"])


class Lists(Column):
    """Lists of different lengths."""

    kind = Kind.ANY

    def __init__(self, inner: Field, least: int, most: int) -> None:
        self._inner, self._least, self._most = inner, least, most

    def draw(self, random: Random, count: int) -> Values:
        spans = draw(fork(random), count, self._most - self._least + 1)
        lengths = [self._least + span for span in spans]
        values, begin, lists = self._inner.draw(fork(random), sum(lengths)), 0, []
        for length in lengths:
            lists.append(values[begin : begin + length])
            begin += length
        return lists


@field_type(
    "reference",
    GROUP,
    "A value of a field of another data set.",
    Param("dataset", "string", "The data set.", required=True),
    Param("field", "string", "Its field.", required=True),
    distributes=True,
)
def reference(spec: Spec) -> Column:
    target = spec.builder.target(spec["dataset"], spec["field"])
    spread = spec.spread()
    return Indexed(
        target.rows, target.values_at, kind=target.kind, scale=target.scale, distribution=spread
    )

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from apps.jobs.generation.builder import Builder
from apps.jobs.generation.columns import Chunk
from apps.jobs.generation.data_set import DataSet
from apps.jobs.generation.distributions import NAMES
from apps.jobs.generation.field_type import CATALOGUE, FieldType, Param

NOON = datetime(2025, 11, 3, 12, tzinfo=UTC)
# What types that need to be told something are shown with.
SHOWN: dict[str, dict[str, Any]] = {
    "array": {"of": {"type": "word"}},
    "choice": {"values": ["basic", "plus", "pro"]},
    "constant": {"value": "demo"},
    "expression": {"expression": "round(19.99 * 3, 2)"},
    "json": {"fields": [{"name": "street", "type": "street"}, {"name": "city", "type": "city"}]},
    "pattern": {"mask": "###-??"},
    "regex": {"pattern": "[A-Z]{2}-\\d{4}"},
    "template": {"template": "{firstName|lower}@corp.example"},
}


@lru_cache(maxsize=1)
def describe_types() -> list[dict[str, Any]]:
    """Return the catalogue of types, each with an example that never changes."""
    return [_described(kind) for kind in sorted(CATALOGUE.values(), key=_place)]


def _place(kind: FieldType) -> tuple[str, str]:
    return kind.group, kind.name


def _described(kind: FieldType) -> dict[str, Any]:
    return {
        "type": kind.name,
        "group": kind.group,
        "description": kind.description,
        "params": [_param(param) for param in kind.params],
        "example": _example(kind),
        "localized": kind.localized,
        "distributions": list(NAMES if kind.distributes else NAMES[:1]),
    }


def _param(param: Param) -> dict[str, Any]:
    return {
        "name": param.name,
        "type": param.type,
        "description": param.description,
        "required": param.required,
        "default": param.default,
        "min": param.least,
        "max": param.most,
        "choices": list(param.choices),
    }


def _example(kind: FieldType) -> Any:
    if kind.name == "reference":
        return None  # without another data set there is nothing to refer to
    dataset = DataSet("example", 1, ("example",), 1)
    builder = Builder(dataset, {}, {"en": 100}, NOON, 50)
    field = builder.field({"name": kind.name, "type": kind.name, **SHOWN.get(kind.name, {})})
    return field.values(Chunk(("example",), 0, 0, 1))[0]

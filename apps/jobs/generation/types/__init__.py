"""The types of fields; importing this package fills the catalogue."""

from apps.jobs.generation.types import (
    commerce,
    composed,
    internet,
    numbers,
    people,
    places,
    texts,
    times,
)

__all__ = [
    "commerce",
    "composed",
    "internet",
    "numbers",
    "people",
    "places",
    "texts",
    "times",
]

"""How likely each of many numbered values is."""

from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from math import log
from random import Random
from typing import Any

from apps.jobs.generation.randomness import draw, fractions
from apps.jobs.unacceptable import Unacceptable

# Takes a generator, how many, and how many different ones there are.
Distribution = Callable[[Random, int, int], list[int]]
uniform: Distribution = draw

REDRAWS = 100
MOST_RANKS = 100_000
NAMES = ("uniform", "normal", "zipf", "exponential")
PARAMETERS = {
    "uniform": set[str](),
    "normal": {"mean", "stddev"},
    "zipf": {"s"},
    "exponential": {"mean"},
}


def read_distribution(given: Any, *, start: float = 0.0, unit: float = 1.0) -> Distribution:
    """
    Understand `"zipf"` or `{"type": "normal", "mean": 40, "stddev": 10}`.

    :param start: what the first of the numbered values is, in the words of the schema
    :param unit: how far one value is from the next
    :raises Unacceptable: if it is no distribution that we know
    """
    options = {"type": given} if isinstance(given, str) else given
    if not isinstance(options, dict) or options.get("type") not in NAMES:
        message = f"distribution must be one of {', '.join(NAMES)}, or an object with such a type."
        raise Unacceptable("distribution", "unknown_distribution", message)
    name = options["type"]
    numbers = {key: value for key, value in options.items() if key != "type"}
    for key, value in numbers.items():
        if key not in PARAMETERS[name]:
            message = f"{name} has no parameter {key}."
            raise Unacceptable(f"distribution.{key}", "unknown", message)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unacceptable(f"distribution.{key}", "invalid", f"{key} must be a number.")
    if name == "normal":
        return _normal(numbers.get("mean"), numbers.get("stddev"), start, unit)
    if name == "zipf":
        return _zipf(numbers.get("s", 1.2))
    return _exponential(numbers.get("mean"), start, unit) if name == "exponential" else uniform


def _normal(mean: float | None, deviation: float | None, start: float, unit: float) -> Distribution:
    if deviation is not None and deviation <= 0:
        raise Unacceptable("distribution.stddev", "out_of_range", "stddev must be above 0.")

    def pick(random: Random, count: int, size: int) -> list[int]:
        middle = (size - 1) / 2 if mean is None else (mean - start) / unit
        width = max(size / 6, 0.5) if deviation is None else deviation / unit
        return [_inside(lambda: random.gauss(middle, width), size) for _ in range(count)]

    return pick


def _exponential(mean: float | None, start: float, unit: float) -> Distribution:
    if mean is not None and mean <= start:
        message = "mean must be above the smallest value."
        raise Unacceptable("distribution.mean", "out_of_range", message)

    def pick(random: Random, count: int, size: int) -> list[int]:
        average = size / 5 if mean is None else (mean - start) / unit
        return [_inside(lambda: random.expovariate(1 / average), size) for _ in range(count)]

    return pick


def _inside(next_value: Callable[[], float], size: int) -> int:
    for _ in range(REDRAWS):
        index = round(next_value())
        if 0 <= index < size:
            return index
    return min(max(index, 0), size - 1)


def _zipf(exponent: float) -> Distribution:
    if not 0 < exponent <= 10:
        raise Unacceptable("distribution.s", "out_of_range", "s must be above 0, at most 10.")

    def pick(random: Random, count: int, size: int) -> list[int]:
        ranks = min(size, MOST_RANKS)
        return random.choices(range(ranks), cum_weights=_ranked(ranks, exponent), k=count)

    return pick


@lru_cache(maxsize=16)
def _ranked(ranks: int, exponent: float) -> list[float]:
    return list(accumulate(rank**-exponent for rank in range(1, ranks + 1)))


def weighted(weights: list[float]) -> Distribution:
    """Return a distribution in which each value has a weight of its own."""
    total = list(accumulate(weights))

    def pick(random: Random, count: int, size: int) -> list[int]:
        return random.choices(range(size), cum_weights=total, k=count)

    return pick


def exponential_gaps(random: Random, count: int) -> list[float]:
    """Return positive numbers that are 1 on average."""
    return [-log(1.0 - fraction) for fraction in fractions(random, count)]

"""Texts with gaps: `{firstName|lower}.{lastName|lower}@corp.example`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from apps.jobs.generation.words import spell
from apps.jobs.unacceptable import Unacceptable

GAP = re.compile(r"\{\{|\}\}|\{([^{}|]+)((?:\|[A-Za-z0-9:]+)*)\}|[{}]")
PAD = re.compile(r"pad:([1-9][0-9]?)")
FILTERS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "trim": str.strip,
    "ascii": spell,
    "initial": lambda text: text[:1],
}


@dataclass(frozen=True)
class Gap:
    """A place that a field fills, and what is done to the field's text before."""

    name: str
    filters: tuple[Callable[[str], str], ...]

    def apply(self, texts: list[str]) -> list[str]:
        """Return the texts after all filters."""
        for act in self.filters:
            texts = [act(text) for text in texts]
        return texts


@dataclass(frozen=True)
class Template:
    """A `%s` pattern and what goes into it."""

    pattern: str
    gaps: tuple[Gap, ...]


def read_template(source: str) -> Template:
    """
    Understand a template.

    :raises Unacceptable: if a bracket is alone, or a filter unknown
    """
    pattern, gaps, at = "", list[Gap](), 0
    for match in GAP.finditer(source):
        pattern += source[at : match.start()].replace("%", "%%")
        at = match.end()
        if match[0] in ("{{", "}}"):
            pattern += match[0][0]
        elif match[1] is None:
            message = f"The bracket at character {match.start() + 1} has no partner."
            raise Unacceptable("template", "invalid_template", message)
        else:
            gaps.append(Gap(match[1].strip(), _filters(match[2])))
            pattern += "%s"
    return Template(pattern + source[at:].replace("%", "%%"), tuple(gaps))


def _filters(text: str) -> tuple[Callable[[str], str], ...]:
    found = list[Callable[[str], str]]()
    for name in filter(None, text.split("|")):
        if match := PAD.fullmatch(name):
            found.append(_padding(int(match[1])))
        elif name in FILTERS:
            found.append(FILTERS[name])
        else:
            known = ", ".join((*FILTERS, "pad:6"))
            message = f"There is no filter {name}; there are {known}."
            raise Unacceptable("template", "invalid_template", message)
    return tuple(found)


def _padding(width: int) -> Callable[[str], str]:
    return lambda text: text.rjust(width, "0")

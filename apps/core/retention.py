"""What is kept for how long. Apps register their rules here; this app knows none of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from apps.core.errors import Detail, Invalid


@dataclass(frozen=True)
class Tally:
    """So many things, and the room that they take in storage."""

    count: int = 0
    bytes: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.count + other.count, self.bytes + other.bytes)


@dataclass(frozen=True)
class Cut:
    """What is older than `before` may go; `is_asked` if somebody named another age than usual."""

    now: datetime
    before: datetime
    is_asked: bool = False


class Rule(Protocol):
    """How long one kind of thing is kept, and how it goes."""

    name: str
    about: str

    def age(self) -> timedelta:
        """Return for how long it is kept."""

    def due(self, cut: Cut) -> Tally:
        """Count what would go; this and `remove_some` must always mean the same."""

    def remove_some(self, cut: Cut) -> Tally | None:
        """
        Remove some of what is due, files first; None if there was nothing left to do.

        Called in a transaction in which nobody else removes anything. A tally of zero means that
        there is more to do.
        """


class UnknownKind(Invalid):
    """Nothing of that name is ever removed."""

    code = "unknown_type"


_rules: dict[str, tuple[int, Rule]] = {}


def register(rule: Rule, *, last: bool = False) -> None:
    """
    Have everything that the rule names go in time.

    :param last: whether things of other rules hang on these, and are to be counted before them
    """
    _rules[rule.name] = (int(last), rule)


def rules(names: list[str] | None = None) -> list[Rule]:
    """
    Return the rules of these names, or all of them, in the order in which they are applied.

    :raises UnknownKind: if there is none of a name
    """
    for name in names or ():
        if name not in _rules:
            message = f"There is no type {name}; there are {', '.join(sorted(_rules))}."
            raise UnknownKind(message, details=[Detail("type", "unknown", message)])
    ordered = sorted(_rules.values(), key=lambda placed: placed[0])
    return [rule for _, rule in ordered if names is None or rule.name in names]

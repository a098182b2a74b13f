"""Texts by a mask: `#` a digit, `?` a capital, `*` either, `\\` what follows as it is."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from apps.jobs.generation.columns import Indexed, Joined, Values, pool
from apps.jobs.unacceptable import Unacceptable

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CLASSES = {"#": DIGITS, "?": LETTERS, "@": LETTERS, "*": LETTERS + DIGITS}
LONGEST = 100
AT_ONCE = 3  # neighbours of one class are drawn together, up to a thousand or so combinations


def masked(mask: str, name: str = "mask", *, at_is_letter: bool = False) -> Indexed:
    """
    Return a column of texts that follow the mask.

    :raises Unacceptable: if the mask is empty or too long
    """
    if not 1 <= len(mask) <= LONGEST:
        raise Unacceptable(name, "out_of_range", f"A mask has 1 to {LONGEST} characters.")
    classes = {**CLASSES} if at_is_letter else {key: CLASSES[key] for key in "#?*"}
    pattern, parts = _read(mask, classes)
    joined = Joined(parts, lambda rows: _format(pattern, rows))
    return _Masked(joined)


class _Masked(Indexed):
    """Draws each part by itself, which is quicker than numbering the whole."""

    def __init__(self, joined: Joined) -> None:
        assert joined.size is not None  # noqa: S101 - letters and digits have no blanks
        super().__init__(joined.size, joined.at)
        self.draw = joined.draw  # type: ignore[method-assign]


def _format(pattern: str, rows: Iterable[tuple[Any, ...]]) -> Values:
    return [pattern % row for row in rows]


def _read(mask: str, classes: dict[str, str]) -> tuple[str, list[Indexed]]:
    pattern, parts, run = "", list[Indexed](), list[str]()

    def close() -> None:
        nonlocal pattern
        while run:
            letters = tuple(classes[mark] for mark in run[:AT_ONCE])
            del run[:AT_ONCE]
            parts.append(pool(_combinations(letters)))
            pattern += "%s"

    escaped = False
    for letter in mask:
        if not escaped and letter == "\\":
            escaped = True
            continue
        if not escaped and letter in classes:
            if run and classes[run[-1]] != classes[letter]:
                close()
            run.append(letter)
            continue
        close()
        pattern += letter.replace("%", "%%")
        escaped = False
    close()
    if not parts:
        return pattern + "%s", [pool(("",))]
    return pattern, parts


@lru_cache(maxsize=64)
def _combinations(letters: tuple[str, ...]) -> tuple[str, ...]:
    texts = [""]
    for alphabet in letters:
        texts = [text + letter for text in texts for letter in alphabet]
    return tuple(texts)

"""
Texts that match a regular expression: a subset that is read by us and costs linear time.

Characters, classes, groups, alternatives and bounded repetition; no look-around, no back
references. `*` and `+` stop at eight, the whole text at a thousand characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from random import Random
from string import ascii_letters, digits

from apps.jobs.generation.columns import Column, Free, Indexed, Values
from apps.jobs.unacceptable import Unacceptable

UNBOUNDED = 8
LONGEST = 1000
DEEPEST = 10
PRINTABLE = ascii_letters + digits + " !#$%&()*+,-./:;<=>?@[]^_{|}~"
SHORTHANDS = {
    "d": digits,
    "w": ascii_letters + digits + "_",
    "s": " ",
    "D": ascii_letters,
    "W": "-.,:;/ ",
    "S": ascii_letters + digits,
}
NEVER = "*+?{}|()[]^$."


class _Node:
    longest: int
    # How many texts it can make, None where two ways lead to the same text.
    size: int | None = None

    def text(self, random: Random) -> str:
        raise NotImplementedError

    def text_at(self, index: int) -> tuple[str, int]:
        """Return the text of the index's lowest place, and what is left of the index."""
        raise NotImplementedError


@dataclass
class _Letters(_Node):
    letters: str

    def __post_init__(self) -> None:
        self.longest, self.size = 1, len(self.letters)

    def text(self, random: Random) -> str:
        return random.choice(self.letters)

    def text_at(self, index: int) -> tuple[str, int]:
        return self.letters[index % len(self.letters)], index // len(self.letters)


@dataclass
class _Sequence(_Node):
    parts: list[_Node]

    def __post_init__(self) -> None:
        self.longest = sum(part.longest for part in self.parts)
        sizes = [part.size for part in self.parts]
        known = [size for size in sizes if size is not None]
        self.size = reduce(lambda a, b: a * b, known, 1) if len(known) == len(sizes) else None

    def text(self, random: Random) -> str:
        return "".join(part.text(random) for part in self.parts)

    def text_at(self, index: int) -> tuple[str, int]:
        texts = []
        for part in self.parts:
            text, index = part.text_at(index)
            texts.append(text)
        return "".join(texts), index


@dataclass
class _Repeated(_Node):
    part: _Node
    least: int
    most: int

    def __post_init__(self) -> None:
        self.longest = self.part.longest * self.most
        if self.least == self.most and self.part.size is not None:
            self.size = self.part.size**self.least

    def text(self, random: Random) -> str:
        times = random.randint(self.least, self.most)
        return "".join(self.part.text(random) for _ in range(times))

    def text_at(self, index: int) -> tuple[str, int]:
        return _Sequence([self.part] * self.least).text_at(index)


@dataclass
class _Alternatives(_Node):
    parts: list[_Node]

    def __post_init__(self) -> None:
        self.longest = max(part.longest for part in self.parts)

    def text(self, random: Random) -> str:
        return random.choice(self.parts).text(random)


def regex_column(pattern: str) -> Column:
    """
    Return a column of texts that match.

    :raises Unacceptable: if the pattern is not understood, or makes endless texts
    """
    root = _Reader(pattern).read()
    if root.longest > LONGEST:
        message = f"The texts could be longer than {LONGEST} characters."
        raise Unacceptable("pattern", "unsafe_regex", message)
    if root.size is None:
        return Free(lambda random, count: [root.text(random) for _ in range(count)])

    def value_of(indexes: Sequence[int]) -> Values:
        return [root.text_at(index)[0] for index in indexes]

    return _Texts(root, Indexed(min(root.size, 2**60), value_of))


class _Texts(Indexed):
    """Unique ones are numbered; others are drawn, for the numbers may not reach all of them."""

    def __init__(self, root: _Node, numbered: Indexed) -> None:
        super().__init__(numbered.size, numbered.at)
        self._root = root

    def draw(self, random: Random, count: int) -> Values:
        return [self._root.text(random) for _ in range(count)]


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern.removeprefix("^")
        if self._pattern.endswith("$") and not self._pattern.endswith("\\$"):
            self._pattern = self._pattern[:-1]
        self._at = 0

    def read(self) -> _Node:
        node = self._alternatives(0)
        if self._at < len(self._pattern):
            self._refuse("There is a closing bracket too many")
        return node

    def _alternatives(self, depth: int) -> _Node:
        if depth > DEEPEST:
            self._refuse("Groups are nested too deeply")
        options = [self._sequence(depth)]
        while self._peek() == "|":
            self._at += 1
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else _Alternatives(options)

    def _sequence(self, depth: int) -> _Node:
        parts = list[_Node]()
        while (letter := self._peek()) and letter not in "|)":
            parts.append(self._quantified(self._atom(depth)))
        return _Sequence(parts)

    def _atom(self, depth: int) -> _Node:
        letter = self._take()
        if letter == "(":
            return self._group(depth)
        if letter == "[":
            return _Letters(self._class())
        if letter == "\\":
            return _Letters(self._escape())
        if letter == ".":
            return _Letters(PRINTABLE)
        if letter in NEVER:
            self._refuse(f"{letter} is not possible here")
        return _Letters(letter)

    def _group(self, depth: int) -> _Node:
        if self._peek() == "?":
            if self._pattern[self._at : self._at + 2] != "?:":
                self._refuse("Look-around, names and flags are not possible")
            self._at += 2
        node = self._alternatives(depth + 1)
        if self._peek() != ")":
            self._refuse("A bracket is not closed")
        self._at += 1
        return node

    def _escape(self) -> str:
        letter = self._take()
        if letter in SHORTHANDS:
            return SHORTHANDS[letter]
        if letter.isalnum():
            self._refuse(f"\\{letter} is not possible")
        return letter

    def _class(self) -> str:
        negated = self._peek() == "^"
        self._at += negated
        letters = ""
        while (letter := self._take()) != "]":
            letters += self._range(self._escape() if letter == "\\" else letter)
        if negated:
            letters = "".join(other for other in PRINTABLE if other not in letters)
        if not letters:
            self._refuse("A class is empty")
        return "".join(dict.fromkeys(letters))

    def _range(self, first: str) -> str:
        following = self._pattern[self._at : self._at + 2]
        if len(first) != 1 or len(following) < 2 or following[0] != "-" or following[1] == "]":
            return first
        self._at += 1
        last = self._take()
        last = self._escape() if last == "\\" else last
        if len(last) != 1 or not 0 <= ord(last) - ord(first) < 2000:
            self._refuse(f"{first}-{last[:1]} is no range")
        return "".join(chr(code) for code in range(ord(first), ord(last) + 1))

    def _quantified(self, node: _Node) -> _Node:
        letter = self._peek()
        bounds = {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}
        if letter in bounds:
            self._at += 1
            least, most = bounds[letter]
        elif letter == "{":
            least, most = self._counted()
        else:
            return node
        if self._peek() in ("?", "+"):  # lazy or possessive: the same texts
            self._at += 1
        if self._peek() in ("*", "{"):
            self._refuse("Something is repeated twice")
        repeated = _Repeated(node, least, most)
        if repeated.longest > LONGEST:
            self._refuse(f"The texts could be longer than {LONGEST} characters")
        return repeated

    def _counted(self) -> tuple[int, int]:
        end = self._pattern.find("}", self._at)
        text = self._pattern[self._at + 1 : end] if end > 0 else ""
        least, comma, most = text.partition(",")
        if not least.isdecimal() or (most and not most.isdecimal()) or len(text) > 9:
            self._refuse("{…} must be a number or two")
        self._at = end + 1
        first = int(least)
        last = int(most) if most else first + UNBOUNDED if comma else first
        if last < first:
            self._refuse("{…} ends before it begins")
        return first, last

    def _peek(self) -> str:
        return self._pattern[self._at] if self._at < len(self._pattern) else ""

    def _take(self) -> str:
        letter = self._peek()
        if not letter:
            self._refuse("It ends too early")
        self._at += 1
        return letter

    def _refuse(self, why: str) -> None:
        message = f"{why} (at character {self._at + 1})."
        raise Unacceptable("pattern", "unsafe_regex", message)

"""Random numbers that are the same for the same words, on every machine and for any worker."""

import sys
from array import array
from collections.abc import Iterable
from hashlib import blake2b
from random import Random

SMALL = 2**22  # up to here 32 bits are enough for no value to be noticeably favoured


def seeded(*words: object) -> Random:
    """Return a generator that depends on these words and nothing else."""
    text = "\x1f".join(map(str, words)).encode()
    return Random(int.from_bytes(blake2b(text, digest_size=16).digest(), "little"))  # noqa: S311 - not for secrets


def fork(random: Random) -> Random:
    """
    Return a generator of its own for one of several series of numbers.

    Each series then begins the same however long it gets: ten rows are the first ten of many.
    """
    return Random(random.getrandbits(64))  # noqa: S311 - not for secrets


def draw(random: Random, count: int, size: int) -> list[int]:
    """Return so many whole numbers from 0 to size - 1, all equally likely."""
    if size <= 1:
        return [0] * count
    bits = 32 if size <= SMALL else 64
    return [word * size >> bits for word in _words(random, count, bits)]


def fractions(random: Random, count: int) -> list[float]:
    """Return so many numbers from 0 up to, not including, 1."""
    return [(word >> 11) * 2.0**-53 for word in _words(random, count, 64)]


def _words(random: Random, count: int, bits: int) -> "array[int]":
    words = array("I" if bits == 32 else "Q")
    words.frombytes(random.randbytes(count * bits // 8))
    if sys.byteorder == "big":
        words.byteswap()
    return words


class Permutation:
    """Every number below `size` exactly once, in an order that looks random."""

    def __init__(self, size: int, random: Random) -> None:
        self.size = size
        self._bits = max(2, (size - 1).bit_length())
        self._mask = (1 << self._bits) - 1
        self._shift = self._bits // 2 + 1
        # Odd, hence reversible modulo a power of two: no two numbers meet.
        self._first = random.getrandbits(self._bits) | 1
        self._second = random.getrandbits(self._bits) | 1
        self._plus = random.getrandbits(self._bits)

    def of(self, numbers: Iterable[int]) -> list[int]:
        """Return what takes these numbers' places."""
        size, step = self.size, self._step
        placed = step(numbers)
        for position, number in enumerate(placed):
            # Outside the range: go on along the cycle until it comes back in.
            while number >= size:
                number = step((number,))[0]
            placed[position] = number
        return placed

    def _step(self, numbers: Iterable[int]) -> list[int]:
        first, plus, mask, shift = self._first, self._plus, self._mask, self._shift
        once = [(number * first + plus) & mask for number in numbers]
        second = self._second
        twice = [((number ^ number >> shift) * second) & mask for number in once]
        return [number ^ number >> shift for number in twice]

"""
Order codes: `ORD` and six digits, each number once, in no order that a customer could guess.

A sequence gives the place, a keyed permutation of the 900,000 numbers gives the code of the place.
So codes do not clash with each other, however full the range is; only with codes that came from
elsewhere, or from before a change of the key. When all are given, codes have seven digits.
"""

import hashlib
from collections import deque
from functools import cache

from django.conf import settings

from apps.core.lean import fetch

SHORTEST = 6
ROUNDS = 4
# Taken from the sequence together, and used one by one; what a process leaves over is nobody's.
AT_ONCE = 20
_places: deque[int] = deque()
TAKE = f"SELECT nextval('order_codes') FROM generate_series(1, {AT_ONCE})"  # noqa: S608


def next_code() -> str:
    """Return a code that no other call has returned."""
    while True:
        try:
            return code_of(_places.popleft())
        except IndexError:
            rows = fetch(TAKE)
            _places.extend(row[0] - 1 for row in rows)


def code_of(place: int) -> str:
    """Return the code of a place in the sequence, counted from 0."""
    digits = SHORTEST
    while place >= 9 * 10 ** (digits - 1):
        place -= 9 * 10 ** (digits - 1)
        digits += 1
    lowest = 10 ** (digits - 1)
    return f"ORD{lowest + _shuffled(place, 9 * lowest)}"


def _shuffled(place: int, size: int) -> int:
    """Return another number below `size`, a different one for each place."""
    half = -(-size.bit_length() // 2)
    # The network permutes a power of two; walking on until we are back inside keeps it one to one.
    place = _feistel(place, half)
    while place >= size:
        place = _feistel(place, half)
    return place


def _feistel(number: int, half: int) -> int:
    mask = (1 << half) - 1
    left, right = number >> half, number & mask
    key = _key(settings.SECRET_KEY)
    for turn in range(ROUNDS):
        digest = hashlib.blake2b(f"{turn} {right}".encode(), key=key, digest_size=8).digest()
        left, right = right, left ^ (int.from_bytes(digest) & mask)
    return left << half | right


@cache
def _key(secret: str) -> bytes:
    return hashlib.sha256(f"order codes {secret}".encode()).digest()

"""
Order codes: `ORD` and six digits, each number once, in no order that a customer could guess.

A sequence gives the place, a keyed permutation of the 900,000 numbers gives the code of the place.
So codes do not clash with each other, however full the range is; only with codes that came from
elsewhere, or from before a change of the key. When all are given, codes have seven digits.
"""

import hashlib

from django.conf import settings
from django.db import connection

SHORTEST = 6
ROUNDS = 4


def next_code() -> str:
    """Return a code that no other call has returned."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('order_codes')")
        return code_of(cursor.fetchone()[0] - 1)


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
    key = hashlib.sha256(f"order codes {settings.SECRET_KEY}".encode()).digest()
    for turn in range(ROUNDS):
        digest = hashlib.blake2b(f"{turn} {right}".encode(), key=key, digest_size=8).digest()
        left, right = right, left ^ (int.from_bytes(digest) & mask)
    return left << half | right

"""What `Idempotency-Key` is in the database: one row a caller and key, with the first answer."""

import hashlib
from typing import Any, NamedTuple

import orjson

from apps.core.errors import Invalid

LONGEST_KEY = 128

# A twin waits for its turn before it holds anything that the first one may want.
TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%(caller)s::text || %(key)s::text, 0))"
# After its turn came it finds the first one's row.
CLAIM = f"""
WITH turn AS MATERIALIZED ({TURN})
INSERT INTO core_idempotentanswer (caller, key, fingerprint, status, headers, body)
SELECT %(caller)s, %(key)s, %(fingerprint)s, 0, '{{}}', '' FROM turn
ON CONFLICT (caller, key) DO NOTHING RETURNING id
"""  # noqa: S608 - made of our own constants
# Nothing where the key is known to be used; who has waited for a twin may not know it yet.
UNUSED = f"""
{TURN} WHERE NOT EXISTS (
    SELECT FROM core_idempotentanswer
    WHERE caller = %(caller)s::text AND key = %(key)s::text
)
"""
SETTLE = """
UPDATE core_idempotentanswer
SET status = %(status)s::int, headers = %(headers)s::jsonb, body = %(body)s
WHERE id = %(id)s::bigint
RETURNING id
"""
# For a statement that begins with UNUSED and makes the answer's JSON itself: it fails, and with it
# all that it has done, where a twin has used the key meanwhile.
KEEP = """
INSERT INTO core_idempotentanswer (caller, key, fingerprint, status, headers, body)
SELECT %(caller)s, %(key)s, %(fingerprint)s, 201, '{{}}', convert_to(json, 'UTF8') FROM {made}
"""


class NestedTooDeeply(Invalid):
    """The body has more than 250 levels; send flatter JSON."""


class Claim(NamedTuple):
    """What a caller asks for under a key; the values of the statements above."""

    caller: str
    key: str
    fingerprint: bytes


def is_key(text: str) -> bool:
    """Return whether a caller may use this as a key."""
    return 0 < len(text) <= LONGEST_KEY and text.isprintable()


def fingerprint_of(method: str, path: str, data: Any) -> bytes:
    """
    Return what a request and its gzipped or re-indented copy have in common.

    A path is the same with and without its trailing slash, as it is for the routes.

    :raises NestedTooDeeply: if the data has more levels than JSON is written with
    """
    try:
        canonical = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise NestedTooDeeply from None
    return hashlib.sha256(f"{method} {path.rstrip('/')}\n".encode() + canonical).digest()

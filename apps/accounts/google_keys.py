"""A set of public keys as Google publishes it (RFC 7517), reduced to what we accept."""

from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apps.accounts.google_calls import call_google

LONGEST_KID = 128
SMALLEST_KEY = 2048
MOST_KEYS = 32


class UnusableKeys(Exception):
    """What Google answered is no set of keys that we could use."""


def download_keys(url: str) -> list[dict[str, str]]:
    """
    Fetch the keys that tokens are signed with.

    :raises UnusableKeys: if the answer is anything but a set with at least one good key
    :raises NetworkFailure: if there is no complete answer
    :raises EgressDenied: if the address may not be called
    """
    answer = call_google(url, headers={"Accept": "application/json"})
    if answer.status != 200:
        raise UnusableKeys(f"Google answered {answer.status}.")
    try:
        published = orjson.loads(answer.body)["keys"]
    except (ValueError, KeyError, TypeError):
        raise UnusableKeys("Google's answer is no set of keys.") from None
    if not isinstance(published, list):
        raise UnusableKeys("Google's answer is no set of keys.")
    keys = [_plain(key) for key in published[:MOST_KEYS] if _is_signing_key(key)]
    good = parse_keys(keys)
    if not good:
        raise UnusableKeys("There is no key in Google's answer that we accept.")
    return [key for key in keys if key["kid"] in good]


def parse_keys(keys: list[dict[str, str]]) -> dict[str, RSAPublicKey]:
    """Return the keys by name, without those that are malformed or weak."""
    parsed: dict[str, RSAPublicKey] = {}
    for key in keys:
        try:
            public = jwt.PyJWK(key, algorithm="RS256").key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if isinstance(public, RSAPublicKey) and public.key_size >= SMALLEST_KEY:
            parsed[key["kid"]] = public
    return parsed


def _is_signing_key(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg", "RS256") == "RS256"
        and all(isinstance(key.get(name), str) for name in ("kid", "n", "e"))
        and 0 < len(key["kid"]) <= LONGEST_KID
    )


def _plain(key: dict[str, Any]) -> dict[str, str]:
    # Nothing else of it is ever looked at; a private part must not reach the database.
    return {name: str(key[name]) for name in ("kid", "n", "e")} | {"kty": "RSA"}

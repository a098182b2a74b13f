"""Secrets at rest: Fernet with a ring of keys, the first of which encrypts."""

import base64
import hashlib
from functools import lru_cache
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class Undecryptable(Exception):
    """No key of FIELD_ENCRYPTION_KEYS opens this secret."""


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    derived = (base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()) for key in keys)
    return MultiFernet([Fernet(key) for key in derived])


def _current_ring() -> MultiFernet:
    return _ring(tuple(settings.FIELD_ENCRYPTION_KEYS))


def key_id() -> str:
    """Return the name of the key that encrypts now; it tells nothing about the key."""
    return hashlib.sha256(b"id:" + settings.FIELD_ENCRYPTION_KEYS[0].encode()).hexdigest()[:8]


def encrypt(value: Any) -> bytes:
    """Return the JSON value as ciphertext."""
    return _current_ring().encrypt(orjson.dumps(value))


def decrypt(ciphertext: bytes) -> Any:
    """
    Return the JSON value.

    :raises Undecryptable: if the key was taken off the ring, or the text was tampered with
    """
    try:
        return orjson.loads(_current_ring().decrypt(bytes(ciphertext)))
    except InvalidToken as error:
        raise Undecryptable(str(Undecryptable.__doc__)) from error


def reencrypt(ciphertext: bytes) -> bytes | None:
    """
    Return the secret under the first key of the ring; None if it is under that key already.

    :raises Undecryptable: if no key of the ring opens it
    """
    first = _ring((settings.FIELD_ENCRYPTION_KEYS[0],))
    try:
        first.decrypt(ciphertext)
    except InvalidToken:
        return encrypt(decrypt(ciphertext))
    return None


class EncryptedJSONField(models.BinaryField):  # type: ignore[type-arg]
    """A JSON value that the database only ever sees as ciphertext."""

    description = "Encrypted JSON"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        ciphertext = None if value is None else encrypt(value)
        return super().get_db_prep_value(ciphertext, connection, prepared)

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        return None if value is None else decrypt(value)

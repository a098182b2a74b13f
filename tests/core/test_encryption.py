import secrets

import pytest
from django.db import connection

from apps.core.encryption import EncryptedJSONField, Undecryptable, decrypt, encrypt, key_id

SECRET = {"type": "basic", "username": "shop", "password": "hunter2-grün"}


def test_a_secret_comes_back_as_it_was():
    assert decrypt(encrypt(SECRET)) == SECRET


def test_the_ciphertext_shows_nothing_and_never_repeats():
    first, second = encrypt(SECRET), encrypt(SECRET)

    assert b"hunter2" not in first
    assert first != second


def test_after_a_rotation_old_secrets_open_and_new_ones_use_the_new_key(settings):
    old, new = secrets.token_hex(32), secrets.token_hex(32)
    settings.FIELD_ENCRYPTION_KEYS = [old]
    ciphertext, old_name = encrypt(SECRET), key_id()

    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert decrypt(ciphertext) == SECRET
    assert key_id() != old_name
    fresh = encrypt(SECRET)

    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert decrypt(fresh) == SECRET
    with pytest.raises(Undecryptable):
        decrypt(ciphertext)


def test_a_tampered_secret_does_not_open():
    ciphertext = bytearray(encrypt(SECRET))
    ciphertext[30] ^= 1

    with pytest.raises(Undecryptable):
        decrypt(bytes(ciphertext))


def test_the_name_of_a_key_is_not_the_key(settings):
    assert key_id() not in settings.FIELD_ENCRYPTION_KEYS[0]
    assert len(key_id()) == 8


@pytest.mark.parametrize("value", [SECRET, [1, 2], "text", {}, None])
def test_the_field_writes_ciphertext_and_reads_the_value(value):
    field = EncryptedJSONField()

    stored = field.get_db_prep_value(value, connection)
    raw = None if stored is None else bytes(getattr(stored, "obj", stored))

    assert field.from_db_value(raw, None, connection) == value
    assert raw is None or b"hunter2" not in raw

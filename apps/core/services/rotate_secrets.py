from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models, transaction

from apps.core.encryption import EncryptedJSONField, key_id, reencrypt

KEY_ID_SUFFIX = "_key_id"


@dataclass
class Rotation:
    """How many secrets there are, and how many were still under an older key."""

    secrets: int = 0
    rotated: int = 0


def rotate_secrets(*, dry_run: bool = False) -> Rotation:
    """
    Encrypt every stored secret with the first key of the ring; then older keys may go.

    A secret that somebody changes meanwhile is left alone: it has the new key already.

    :raises Undecryptable: if no key of the ring opens a secret
    """
    rotation = Rotation()
    for model, field in encrypted_fields():
        _rotate(model, field, rotation, dry_run=dry_run)
    return rotation


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedJSONField]]:
    """Return every field that holds secrets."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedJSONField):
                yield model, field


def _rotate(
    model: type[models.Model], field: EncryptedJSONField, rotation: Rotation, *, dry_run: bool
) -> None:
    quote = connection.ops.quote_name
    table, column, key = (
        quote(str(name)) for name in (model._meta.db_table, field.column, model._meta.pk.column)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608 - names of our own tables
        found = cursor.fetchall()
    names_key = any(each.name == field.name + KEY_ID_SUFFIX for each in model._meta.fields)
    also = f", {quote(field.name + KEY_ID_SUFFIX)} = %s" if names_key else ""
    for primary_key, sealed in found:
        rotation.secrets += 1
        fresh = reencrypt(bytes(sealed))
        if fresh is None:
            continue
        rotation.rotated += 1
        if dry_run:
            continue
        values = [fresh, *([key_id()] if names_key else []), primary_key, bytes(sealed)]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {column} = %s{also} WHERE {key} = %s AND {column} = %s",  # noqa: S608 - the same
                values,
            )

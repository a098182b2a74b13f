"""Schemas under a name, shared by everybody who may start jobs."""

import re
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from apps.accounts.models import User
from apps.core.errors import Detail, Invalid, Missing
from apps.core.locking import wait_alone
from apps.jobs.generation.schema import InvalidSchema
from apps.jobs.models import SavedSchema
from apps.jobs.services.generation_plan import plan_generation

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]{0,63})(?:@([1-9][0-9]{0,8}))?")


class SchemaNotFound(Missing):
    """There is no schema of this name."""

    code = "schema_not_found"


class InvalidSchemaName(Invalid):
    """A schema's name has letters, digits, _ . and -, at most 64, and begins with no digit."""

    code = "invalid_name"


def latest_schemas() -> QuerySet[SavedSchema]:
    """Return the newest version of each schema, by name."""
    same = SavedSchema.objects.filter(name=OuterRef("name")).order_by("-version")
    newest = SavedSchema.objects.filter(version=Subquery(same.values("version")[:1]))
    return newest.order_by("name")


def find_schema(name: str, version: int | None = None) -> SavedSchema:
    """
    Return a schema, the newest version unless told.

    :raises SchemaNotFound: if there is none
    """
    found = _versions(name).order_by("-version")
    if version is not None:
        found = found.filter(version=version)
    schema = found.first()
    if schema is None:
        raise SchemaNotFound
    return schema


def _versions(name: str) -> QuerySet[SavedSchema]:
    """Return what is kept under a name; PostgreSQL cannot even be asked for some that are none."""
    kept = SavedSchema.objects
    return kept.filter(name=name) if NAME.fullmatch(name) else kept.none()


@transaction.atomic
def save_schema(*, name: str, document: Any, owner: User, now: datetime) -> SavedSchema:
    """
    Keep a schema under a name, as a new version unless it is what is kept already.

    :raises InvalidSchemaName: if the name is none
    :raises InvalidSchema: naming everything that is wrong with the schema
    """
    if not NAME.fullmatch(name):
        raise InvalidSchemaName
    if isinstance(document, dict) and "schema" in document:
        message = "A saved schema holds its fields itself."
        raise InvalidSchema(details=[Detail("schema", "unknown", message)])
    plan_generation(_with_rows(document), now=now)
    wait_alone(f"schema:{name}")
    newest = SavedSchema.objects.filter(name=name).order_by("-version").first()
    if newest is not None and newest.document == document:
        return newest
    version = newest.version + 1 if newest else 1
    return SavedSchema.objects.create(
        name=name, version=version, document=document, created_by=owner
    )


def _with_rows(document: Any) -> Any:
    """Let a saved schema leave open how many rows are wanted."""
    if isinstance(document, dict) and "datasets" not in document:
        return {"rows": 1, **document}
    return document


def delete_schema(*, name: str) -> None:
    """
    Forget all versions of a schema; jobs keep what they were started with.

    :raises SchemaNotFound: if there is none
    """
    deleted, _ = _versions(name).delete()
    if not deleted:
        raise SchemaNotFound


def with_saved_schema(document: Any) -> Any:
    """
    Put the saved schema that a document names in its place; what else it says goes first.

    :raises InvalidSchema: if there is no such schema
    """
    if not isinstance(document, dict) or "schema" not in document:
        return document
    reference = document["schema"]
    match = REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    saved = None
    if match is not None:
        with suppress(SchemaNotFound):
            saved = find_schema(match[1], int(match[2]) if match[2] else None)
    if saved is None:
        message = "There is no schema of this name and version."
        raise InvalidSchema(details=[Detail("schema", "schema_not_found", message)])
    given = {name: value for name, value in document.items() if name != "schema"}
    return {"name": saved.name, **saved.document, **given}

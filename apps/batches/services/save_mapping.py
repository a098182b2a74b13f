from typing import Any

from django.db import transaction

from apps.batches.mapping import Mapping
from apps.batches.models import BatchSession
from apps.core.errors import DomainError, Missing
from apps.core.locking import lock

MOST_MAPPINGS = 50


class MappingNotFound(Missing):
    """The session has no mapping of this name."""

    code = "mapping_not_found"


class TooManyMappings(DomainError):
    """The session holds 50 mappings already; delete one first."""

    code = "too_many_mappings"


@transaction.atomic
def save_mapping(*, session: BatchSession, name: str, mapping: Any) -> bool:
    """
    Keep how a workbook's columns become fields, to be used again; return whether it is new.

    :raises BadMapping: if it could fit no workbook
    :raises TooManyMappings: if the session is full
    """
    Mapping.parse(mapping, path="mapping")
    lock(session)
    is_new = name not in session.mappings
    if is_new and len(session.mappings) >= MOST_MAPPINGS:
        raise TooManyMappings
    session.mappings[name] = mapping
    session.save(update_fields=["mappings"])
    return is_new


@transaction.atomic
def delete_mapping(*, session: BatchSession, name: str) -> None:
    """
    Forget a mapping.

    :raises MappingNotFound: if there is none of that name
    """
    lock(session)
    if name not in session.mappings:
        raise MappingNotFound
    del session.mappings[name]
    session.save(update_fields=["mappings"])

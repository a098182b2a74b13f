"""Whose change it is: written beside each change by the triggers of the history."""

from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import orjson
import pghistory

from apps.accounts.models import User


def recorded_as(person: User) -> AbstractContextManager[Any]:
    """Have every change inside noted as this person's; the name stays when the user is gone."""
    return pghistory.context(**_known_as(person))


# What `recorded_as` sends along with each statement, for one that is prepared.
WRITTEN_DOWN = """
SELECT set_config('pghistory.context_id', %(history_id)s, true),
    set_config('pghistory.context_metadata', %(history)s, true)
"""


def history_of(person: User) -> dict[str, str]:
    """Return the values of WRITTEN_DOWN that name the person."""
    return {"history_id": str(uuid4()), "history": orjson.dumps(_known_as(person)).decode()}


def _known_as(person: User) -> dict[str, str]:
    return {"user": str(person.pk), "name": person.get_username()}

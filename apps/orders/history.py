"""Whose change it is: written beside each change by the triggers of the history."""

from uuid import uuid4

import orjson

from apps.accounts.history import known_as, recorded_as
from apps.accounts.models import User

__all__ = ["WRITTEN_DOWN", "history_of", "recorded_as"]

# What `recorded_as` sends along with each statement, for one that is prepared.
WRITTEN_DOWN = """
SELECT set_config('pghistory.context_id', %(history_id)s, true),
    set_config('pghistory.context_metadata', %(history)s, true)
"""


def history_of(person: User) -> dict[str, str]:
    """Return the values of WRITTEN_DOWN that name the person."""
    return {"history_id": str(uuid4()), "history": orjson.dumps(known_as(person)).decode()}

"""Whose change it is: written beside each change by the triggers of the history."""

from contextlib import AbstractContextManager
from typing import Any

import pghistory

from apps.accounts.models import User


def recorded_as(person: User) -> AbstractContextManager[Any]:
    """Have every change inside noted as this person's; the name stays when the user is gone."""
    return pghistory.context(**known_as(person))


def known_as(person: User) -> dict[str, str]:
    """Return what is noted about the person."""
    return {"user": str(person.pk), "name": person.get_username()}

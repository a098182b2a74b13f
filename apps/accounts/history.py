"""Whose change it is: written beside each change by the triggers of the history."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, TypeVar, cast

import pghistory
from rest_framework.request import Request

from apps.accounts.models import User

Method = TypeVar("Method", bound=Callable[..., Any])


def recorded_as(person: User) -> AbstractContextManager[Any]:
    """Have every change inside noted as this person's; the name stays when the user is gone."""
    return pghistory.context(**known_as(person))


def known_as(person: User) -> dict[str, str]:
    """Return what is noted about the person."""
    return {"user": str(person.pk), "name": person.get_username()}


def recorded(method: Method) -> Method:
    """Have whatever a view's method changes noted as its caller's."""

    @wraps(method)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        with recorded_as(cast(User, request.user)):
            return method(view, request, *args, **kwargs)

    return cast(Method, wrapped)

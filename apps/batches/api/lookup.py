"""Find what a path names, among what the caller may see; the rest does not exist for them."""

import re
from uuid import UUID

from rest_framework.request import Request

from apps.accounts.models import User
from apps.batches.models import BatchRun, BatchSession
from apps.core.errors import Missing
from apps.core.ids import from_public_id

IDENTIFIER = re.compile(r"[A-Za-z0-9:_-]{1,64}")


class SessionNotFound(Missing):
    """Session not found"""

    code = "session_not_found"


class JobNotFound(Missing):
    """Job not found"""


def caller(request: Request) -> User:
    """Return who is calling; the permission classes have seen to it that somebody is."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type
    return request.user


def find_session(request: Request, session_id: str, *, history: bool = False) -> BatchSession:
    """
    Return the caller's session, without its secrets.

    :param history: whether a deleted session will do
    :raises SessionNotFound: if there is none that the caller may see
    """
    try:
        key = _key("ses", session_id)
    except Missing:
        raise SessionNotFound from None
    session = BatchSession.objects.seen_by(caller(request), key, history=history)
    if session is None:
        raise SessionNotFound
    return session


def find_run(request: Request, job_id: str) -> BatchRun:
    """
    Return the caller's batch with its job, its session, its status and who else waits.

    :raises JobNotFound: if there is none that the caller may see
    """
    runs = BatchRun.objects.visible_to(caller(request)).with_status().with_story()
    try:
        run = runs.filter(pk=_key("job", job_id)).first()
    except Missing:
        raise JobNotFound from None
    if run is None:
        raise JobNotFound
    return run


def _key(prefix: str, text: str) -> UUID:
    if not IDENTIFIER.fullmatch(text):
        raise Missing
    return from_public_id(prefix, text)

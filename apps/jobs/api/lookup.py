from rest_framework.request import Request

from apps.accounts.models import User
from apps.core.errors import Missing
from apps.core.ids import from_public_id
from apps.jobs.models import Job


class JobNotFound(Missing):
    """Job not found"""

    code = "job_not_found"


def caller(request: Request) -> User:
    """Return who is calling; the permission classes have seen to it that somebody is."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type
    return request.user


def find_job(request: Request, job_id: str) -> Job:
    """
    Return the caller's job of any kind.

    :raises JobNotFound: if there is none that the caller may see
    """
    try:
        key = from_public_id("job", job_id)
    except Missing:
        raise JobNotFound from None
    job = Job.objects.visible_to(caller(request)).filter(pk=key).first()
    if job is None:
        raise JobNotFound
    return job

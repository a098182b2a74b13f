"""How a job of some kind is started once more with changes; apps above announce theirs here."""

from datetime import datetime
from typing import Any, Protocol

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.jobs.models import Job


class Cloner(Protocol):
    """Starts a job like another one."""

    def __call__(
        self, *, job: Job, overrides: dict[str, Any], owner: User, now: datetime
    ) -> Job: ...


class NotClonable(DomainError):
    """Jobs of this kind cannot be cloned; submit a new one."""

    code = "not_clonable"


_cloners: dict[str, Cloner] = {}


def register_cloner(job_type: str, cloner: Cloner) -> None:
    """Make the function responsible for a kind of job."""
    _cloners[job_type] = cloner


def is_clonable(job: Job) -> bool:
    """Return whether somebody clones jobs of this kind."""
    return job.type in _cloners


def cloner_of(job: Job) -> Cloner:
    """
    Return who clones such a job.

    :raises NotClonable: if nobody does
    """
    try:
        return _cloners[job.type]
    except KeyError:
        raise NotClonable from None

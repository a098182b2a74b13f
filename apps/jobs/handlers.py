"""Who does what kind of job. Apps above register here; this app knows none of them."""

from dataclasses import dataclass
from typing import Protocol

from apps.jobs.models import Job
from apps.jobs.services.work_slice import Slice


class Handler(Protocol):
    """The work of one kind of job."""

    def run(self, work: Slice) -> None:
        """
        Do some of the work, at most until `work.is_over()`, and say how it stands.

        End with one of `work.finish`, `work.fail`, `work.again` or `work.wait_until`.
        """

    def cancel(self, job: Job) -> None:
        """Settle what the job leaves behind; called in the transaction that cancels it."""

    def retry(self, job: Job, params: dict[str, object]) -> None:
        """Reopen what is to be done again; called in the transaction that reopens the job."""


@dataclass
class NoHandler(Exception):
    """No app handles this kind of job."""

    type: str


_handlers: dict[str, Handler] = {}


def register(job_type: str, handler: Handler) -> None:
    """Make the handler responsible for a kind of job."""
    _handlers[job_type] = handler


def known_kinds() -> set[str]:
    """Return the kinds of jobs that somebody handles."""
    return set(_handlers)


def handler_of(job: Job) -> Handler:
    """
    Return who is responsible for the job.

    :raises NoHandler: if nobody registered for its kind
    """
    try:
        return _handlers[job.type]
    except KeyError:
        raise NoHandler(job.type) from None

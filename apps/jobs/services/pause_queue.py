from datetime import datetime

import structlog
from django.db import transaction

from apps.core.errors import Missing
from apps.core.outbox import enqueue
from apps.jobs.models import QueueAction, QueueState
from apps.jobs.status import JobType

log = structlog.get_logger(__name__)

EVERYTHING = QueueState.SLICES
# How people call the queue of all queues.
ALL = "all"


class UnknownQueue(Missing):
    """There is no such queue"""

    code = "queue_not_found"


def key_of_queue(name: str) -> str:
    """
    Return the name under which the ledger knows a queue: a kind of job, or `all`.

    :raises UnknownQueue: if there is none
    """
    if name in (ALL, EVERYTHING):
        return EVERYTHING
    if name not in JobType:
        raise UnknownQueue
    return name


def name_of_queue(key: str) -> str:
    """Return how people call the queue."""
    return ALL if key == EVERYTHING else key


def paused_queues() -> set[str]:
    """Return which queues stand still: kinds of jobs, or `slices` for all of them."""
    return set(QueueState.objects.filter(paused_at__isnull=False).values_list("name", flat=True))


def queue_is_paused(kind: str) -> bool:
    """Return whether no worker may take a job of the kind."""
    return not paused_queues().isdisjoint((EVERYTHING, kind))


@transaction.atomic
def pause_queue(*, actor: str, reason: str, now: datetime, queue: str = EVERYTHING) -> QueueState:
    """
    Let no worker take a job any more; slices that run give their job back within seconds.

    :raises UnknownQueue: if there is no such queue
    """
    key = key_of_queue(queue)
    state, _ = QueueState.objects.update_or_create(
        name=key, defaults={"paused_at": now, "reason": reason, "actor": actor}
    )
    _note(state, "pause", actor, reason)
    return state


@transaction.atomic
def resume_queue(*, actor: str, reason: str, queue: str = EVERYTHING) -> QueueState:
    """
    Let workers take jobs again, and wake what has waited.

    :raises UnknownQueue: if there is no such queue
    """
    key = key_of_queue(queue)
    state, _ = QueueState.objects.update_or_create(
        name=key, defaults={"paused_at": None, "reason": reason, "actor": actor}
    )
    enqueue("jobs.sweep")
    _note(state, "resume", actor, reason)
    return state


def _note(state: QueueState, action: str, actor: str, reason: str) -> None:
    subject = f"queue {name_of_queue(state.name)}"
    QueueAction.objects.create(actor=actor[:150], action=action, subject=subject, reason=reason)
    noted = {"queue": state.name, "actor": actor, "reason": reason}
    transaction.on_commit(lambda: log.warning(f"queue.{action}d", **noted))  # a dry run is undone

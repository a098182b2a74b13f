from datetime import datetime

import structlog
from django.db import transaction

from apps.core.outbox import enqueue
from apps.jobs.models import QueueState

log = structlog.get_logger(__name__)


def queue_is_paused() -> bool:
    """Return whether no worker may take a job."""
    return QueueState.objects.filter(name=QueueState.SLICES, paused_at__isnull=False).exists()


def pause_queue(*, actor: str, reason: str, now: datetime) -> QueueState:
    """Let no worker take a job any more; slices that run give their job back within seconds."""
    state, _ = QueueState.objects.update_or_create(
        name=QueueState.SLICES, defaults={"paused_at": now, "reason": reason, "actor": actor}
    )
    log.warning("queue.paused", actor=actor, reason=reason)
    return state


@transaction.atomic
def resume_queue(*, actor: str, reason: str) -> QueueState:
    """Let workers take jobs again, and wake what has waited."""
    state, _ = QueueState.objects.update_or_create(
        name=QueueState.SLICES, defaults={"paused_at": None, "reason": reason, "actor": actor}
    )
    enqueue("jobs.sweep")
    log.warning("queue.resumed", actor=actor, reason=reason)
    return state

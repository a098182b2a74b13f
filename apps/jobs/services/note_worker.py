"""Workers say every few seconds that they live; this is what they say it with."""

import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from apps.jobs.models import Worker

# Who has been silent for so long is not worth remembering.
FORGOTTEN_AFTER = timedelta(days=1)


def note_worker(
    *, name: str, queues: Sequence[str], pids: Sequence[int], processes: int, started_at: datetime
) -> None:
    """Note that the worker of this name lives, and under which names its processes hold leases."""
    host = socket.gethostname()
    worker = Worker(
        name=name,
        host=host,
        pid=os.getpid(),
        version=settings.SERVICE_VERSION,
        queues=sorted(queues),
        processes=processes,
        process_ids=[settings.WORKER_ID] if settings.WORKER_ID else [f"{host}:{n}" for n in pids],
        started_at=started_at,
        seen_at=Now(),
        leaving_at=None,
    )
    columns = [field.name for field in Worker._meta.concrete_fields if not field.primary_key]
    Worker.objects.bulk_create(
        [worker], update_conflicts=True, unique_fields=["name"], update_fields=columns
    )
    Worker.objects.filter(seen_at__lt=Now() - FORGOTTEN_AFTER).delete()


def note_leaving(name: str) -> None:
    """Note that the worker takes nothing new; what it has begun it hands back."""
    Worker.objects.filter(name=name).update(leaving_at=Now(), seen_at=Now())


def forget_worker(name: str) -> None:
    """Forget a worker that has said good-bye."""
    Worker.objects.filter(name=name).delete()

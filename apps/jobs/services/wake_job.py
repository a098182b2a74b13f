from datetime import datetime

from apps.core.outbox import enqueue
from apps.jobs.models import Job


def wake_job(job: Job, *, due_at: datetime | None = None) -> None:
    """Ask for a slice of the job, in the queue that its size deserves."""
    enqueue("jobs.run_slice", job_id=str(job.pk), due_at=due_at, queue=job.queue)

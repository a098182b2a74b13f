from apps.jobs.models.job import Job
from apps.jobs.models.job_event import JobEvent
from apps.jobs.models.queue_state import QueueState

__all__ = ["Job", "JobEvent", "QueueState"]

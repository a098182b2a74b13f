from apps.jobs.models.job import Job
from apps.jobs.models.job_event import JobEvent

__all__ = ["Job", "JobEvent"]

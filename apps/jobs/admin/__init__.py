from apps.jobs.admin.job_admin import JobAdmin
from apps.jobs.admin.queue_pages import QueuePages

__all__ = ["JobAdmin", "QueuePages"]

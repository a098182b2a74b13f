"""The states of a job, and the moves between them: this table is the law, also in PostgreSQL."""

from django.db.models import TextChoices


class JobType(TextChoices):
    """What kind of work a job is; each kind has its handler."""

    GENERATION = "generation", "Generation"
    EXPORT = "export", "Export"
    UPLOAD = "upload", "Upload"
    BATCH = "batch", "Batch"
    IMAGE = "image", "Image"
    SYNC = "sync", "Sync"


class JobStatus(TextChoices):
    """The four documented states; `state` says more to people."""

    PENDING = "pending", "Pending"
    IN_PROGRESS = "in-progress", "In progress"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


MOVES = {
    (JobStatus.PENDING, JobStatus.IN_PROGRESS),  # claimed
    (JobStatus.PENDING, JobStatus.FAILED),  # cancelled, or waited too long
    (JobStatus.IN_PROGRESS, JobStatus.PENDING),  # paused, or to be tried again
    (JobStatus.IN_PROGRESS, JobStatus.COMPLETED),
    (JobStatus.IN_PROGRESS, JobStatus.FAILED),
    (JobStatus.FAILED, JobStatus.PENDING),  # an explicit retry
}
# A finished batch may be asked to send its unsuccessful rows again (batch contract, section 4).
BATCH_MOVES = {(JobStatus.COMPLETED, JobStatus.PENDING)}

OPEN = (JobStatus.PENDING, JobStatus.IN_PROGRESS)


class JobState(TextChoices):
    """What people want to know about a job."""

    QUEUED = "queued", "Queued"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    CANCELLING = "cancelling", "Cancelling"
    COMPLETED = "completed", "Completed"
    PARTIAL = "partial", "Partial"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"

from django.db.models import TextChoices


class UploadStatus(TextChoices):
    """Whether the bytes are durable and checked."""

    PENDING = "pending", "Pending"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"

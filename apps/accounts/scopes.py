from django.db import models


class Scope(models.TextChoices):
    """What an API key may be confined to; a view names its half before the colon as `scope`."""

    BATCHES_READ = "batches:read", "Read sessions, batches and their rows"
    BATCHES_WRITE = "batches:write", "Create sessions, submit and steer batches"
    JOBS_READ = "jobs:read", "Read jobs of every kind"
    JOBS_WRITE = "jobs:write", "Start and steer jobs"
    UPLOADS_READ = "uploads:read", "Read uploads"
    UPLOADS_WRITE = "uploads:write", "Upload and delete files"
    DESK_READ = "desk:read", "Read the catalogue, orders and figures"
    DESK_WRITE = "desk:write", "Change the catalogue and orders"
    METRICS_READ = "metrics:read", "Read metrics"

"""Celery carries ids; the database holds the work. Each value has its reason beside it."""

from celery.schedules import crontab

from config import env
from config.settings.data import REDIS_URL

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True  # truth is in PostgreSQL; a lost result backend fakes success
CELERY_TASK_ACKS_LATE = True  # a killed worker's message comes back instead of vanishing
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # the same when only the pool process dies
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # a slice is long; nobody else's should wait behind it
CELERY_WORKER_DISABLE_PREFETCH = True  # multiplier 1 still reserves one (celery#5480)
CELERY_WORKER_ETA_TASK_LIMIT = 10  # we send no ETA: due times live in the outbox
# Cancelling would kill slices, and calls in flight, at each hiccup of the broker; a copy of the
# message changes nothing anyway, because the fence decides.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 25.0  # SIGTERM lets a slice hand its rows back
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_TASK_TIME_LIMIT = 300  # a slice is 60 s; whatever hangs for 5 minutes is replaced
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000  # bounds what a leaking library can keep
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True  # the broker may start after us
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # and may stay away for long
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # above the longest task: a copy would be a no-op, but costs
    "unacked_restore_interval": 5,  # the default sweep runs about every 100 s (kombu#164)
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,  # a silent broker is noticed (celery#10205)
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "jobs.run_slice": {"queue": "slices"},
    "jobs.help_generate": {"queue": "slices"},
}
CELERY_TIMEZONE = "UTC"  # 02:00 local is missing or doubled twice a year
CELERY_TASK_SEND_SENT_EVENT = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # structlog owns the logs
CELERY_BEAT_SCHEDULE_FILENAME = str(env.VAR_DIR / "beat-schedule")
JOB_SWEEP_SECONDS = env.number("JOB_SWEEP_SECONDS", default=5)
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {
        "task": "jobs.sweep",
        "schedule": float(JOB_SWEEP_SECONDS),
        "options": {"expires": JOB_SWEEP_SECONDS},
    },
    "erase-credentials": {"task": "batches.erase_expired_credentials", "schedule": 600.0},
    "pulse-default": {
        "task": "ops.pulse",
        "schedule": 15.0,
        "kwargs": {"queue": "default"},
        "options": {"queue": "default", "expires": 15},
    },
    "pulse-slices": {
        "task": "ops.pulse",
        "schedule": 15.0,
        "kwargs": {"queue": "slices"},
        "options": {"queue": "slices", "expires": 15},
    },
    "pulse-quick": {
        "task": "ops.pulse",
        "schedule": 15.0,
        "kwargs": {"queue": "quick"},
        "options": {"queue": "quick", "expires": 15},
    },
    "forget-logins": {"task": "accounts.forget_expired_logins", "schedule": 3600.0},
    "refresh-google-keys": {"task": "accounts.refresh_google_keys", "schedule": 1800.0},
    "remove-forgotten-pictures": {"task": "catalog.remove_forgotten", "schedule": 86_400.0},
    "count-sales": {"task": "orders.count_sales", "schedule": 60.0},
    # Each minute, and the day's run decides: so it is caught up on, and sent once, whatever the
    # clocks do that night.
    "send-due-digest": {
        "task": "orders.send_due_digest",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "remind-customers": {"task": "feedback.remind", "schedule": 3600.0},
    # What is kept for a day goes every hour, all else at night, a little at a time.
    "tidy-core": {"task": "core.tidy", "schedule": 3600.0},
    "purge": {"task": "core.start_purge", "schedule": crontab(hour="3", minute="10")},
}

OUTBOX_REPUBLISH_SECONDS = 20  # a message nobody claimed is sent again; copies are no-ops
OUTBOX_CLAIM_SECONDS = 120  # a task that was claimed and never finished runs again
OUTBOX_MAX_FAILURES = 5
JOB_LEASE_SECONDS = env.number("JOB_LEASE_SECONDS", default=30)
JOB_SLICE_SECONDS = env.number("JOB_SLICE_SECONDS", default=50)
JOB_MAX_CRASHES = 5
# How many workers may make parts of one generation beside the one that holds it.
GENERATION_HELPERS = env.number("GENERATION_HELPERS", default=3)
WORKER_ID = env.optional("WORKER_ID")
WORKER_HEARTBEAT_SECONDS = 5
WORKER_SILENT_SECONDS = 30  # after that a worker is shown as lost
# A retry due within this time is sat out; for a later one the worker does something else.
BATCH_PATIENCE_SECONDS = 3.0

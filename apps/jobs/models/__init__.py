from apps.jobs.models.generated_row import GeneratedRow
from apps.jobs.models.generation_part import GenerationPart
from apps.jobs.models.job import Job
from apps.jobs.models.job_event import JobEvent
from apps.jobs.models.periodic_run import PeriodicRun
from apps.jobs.models.queue_action import QueueAction
from apps.jobs.models.queue_state import QueueState
from apps.jobs.models.saved_schema import SavedSchema
from apps.jobs.models.worker import Worker

__all__ = [
    "GeneratedRow",
    "GenerationPart",
    "Job",
    "JobEvent",
    "PeriodicRun",
    "QueueAction",
    "QueueState",
    "SavedSchema",
    "Worker",
]

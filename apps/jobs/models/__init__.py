from apps.jobs.models.generated_row import GeneratedRow
from apps.jobs.models.generation_part import GenerationPart
from apps.jobs.models.job import Job
from apps.jobs.models.job_event import JobEvent
from apps.jobs.models.queue_state import QueueState
from apps.jobs.models.saved_schema import SavedSchema

__all__ = ["GeneratedRow", "GenerationPart", "Job", "JobEvent", "QueueState", "SavedSchema"]

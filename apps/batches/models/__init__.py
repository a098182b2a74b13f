from apps.batches.models.batch_answer import BatchAnswer
from apps.batches.models.batch_attempt import BatchAttempt
from apps.batches.models.batch_row import BatchRow
from apps.batches.models.batch_run import BatchRun
from apps.batches.models.batch_session import BatchSession

__all__ = ["BatchAnswer", "BatchAttempt", "BatchRow", "BatchRun", "BatchSession"]

from apps.ops.models.backup_record import BackupRecord
from apps.ops.models.queue_pulse import QueuePulse

__all__ = ["BackupRecord", "QueuePulse"]

from apps.ops.models.queue_pulse import QueuePulse

__all__ = ["QueuePulse"]

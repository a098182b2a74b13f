from apps.core.models.cache_change import CacheChange, CacheLease
from apps.core.models.idempotent_answer import IdempotentAnswer
from apps.core.models.outbox_message import OutboxMessage

__all__ = ["CacheChange", "CacheLease", "IdempotentAnswer", "OutboxMessage"]

"""Charge callers in Redis; while it does not answer, in this process, and never for nothing."""

from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from apps.core.breaker import Breaker
from apps.core.limits.gcra import SCRIPT, SCRIPT_SHA, Limit, Verdict, arguments, verdict_of
from apps.core.limits.local import LocalCount

PATIENCE = 0.15  # seconds; what a request may lose to a Redis that hangs


class Limiter:
    """The counts on one Redis, and what stands in for them."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )
        self._breaker = Breaker("limits")
        self._local = LocalCount()

    def charge(self, subject: str, limit: Limit) -> Verdict:
        """Count one call, if the limit allows it."""
        if not self._breaker.lets_through():
            return self._local.charge(subject, limit)
        try:
            verdict = self._charge(subject, limit)
        except RedisError:
            self._breaker.failed()
            return self._local.charge(subject, limit)
        self._breaker.succeeded()
        return verdict

    def _charge(self, subject: str, limit: Limit) -> Verdict:
        try:
            reply = self._redis.evalsha(SCRIPT_SHA, *arguments(subject, limit))
        except NoScriptError:  # a Redis that has just been started
            reply = self._redis.eval(SCRIPT, *arguments(subject, limit))
        return verdict_of(reply)


def charge(subject: str, limit: Limit) -> Verdict:
    """Count one call of whoever that is, if the limit allows it."""
    return _limiter(settings.REDIS_URL).charge(subject, limit)


@cache
def _limiter(url: str) -> Limiter:
    return Limiter(url)

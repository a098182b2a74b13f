"""Where the data lives: PostgreSQL is the truth, Redis is disposable."""

from typing import Any

from config import env

# The busiest statements are planned once a connection. Switch it off behind a pooler that gives
# each transaction another connection and knows nothing of prepared statements.
PREPARE_STATEMENTS = env.flag("DATABASE_PREPARE", default=True)

DATABASES: dict[str, dict[str, Any]] = {"default": env.database("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "apps.core.postgres",
    # A persistent connection a thread: a pool costs 150-250 us a request (performance.md 9.6).
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {"connect_timeout": 3, **DATABASES["default"].get("OPTIONS", {})},
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.3, "SOCKET_TIMEOUT": 0.3},
    },
}
# For how long Redis may hold what is current without asking PostgreSQL again. A change outside a
# request shows after this time at the latest; one in a request shows at once.
CACHE_READS = env.flag("CACHE_READS", default=True)  # off: each answer is computed anew
CACHE_LEASE_SECONDS = 1
# Staff stay signed in when Redis is emptied.
SESSION_ENGINE = "django.contrib.sessions.backends.db"

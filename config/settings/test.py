"""Tests: throw-away servers (tests/servers.py), cheap passwords, short leases."""

from config.settings.local import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EGRESS_ALLOW_PRIVATE = True
EGRESS_ALLOWED_HOSTS = ["*"]
# All tests call from one address; those of the limits set their own.
RATE_LIMIT_PER_ADDRESS = RATE_LIMIT_PER_USER = RATE_LIMIT_PER_KEY = (1_000_000, 60)
OUTBOX_REPUBLISH_SECONDS = 2
ALLOWED_HOSTS = ["*"]
DIGEST_JOB_SECRET = "tests-" + "7f3kq9zx" * 4

"""Django's PostgreSQL backend, spared the round trips that a busy read does not need."""

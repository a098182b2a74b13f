from django.db import connection

LATEST = """
SELECT kind, extract(epoch FROM clock_timestamp() - max(at))::float
FROM ops_backuprecord WHERE has_passed GROUP BY kind
"""


def backup_ages() -> dict[str, float]:
    """Return how many seconds ago a backup was made, and a restore was last practised."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST)
        return dict(cursor.fetchall())

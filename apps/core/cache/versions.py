"""What is current, as PostgreSQL knows it, and for how long others may rely on it."""

from collections.abc import Sequence
from functools import cached_property

from django.conf import settings
from django.db import connection

from apps.core.lean import fetch

PAGE = 1000

# Losing the note in a crash costs nothing: PostgreSQL is not back before the lease has ended.
LEND = """
INSERT INTO core_cachelease AS lease (id, until)
SELECT 1, clock_timestamp() + make_interval(secs => %s)
WHERE set_config('synchronous_commit', 'off', true) = 'off'
ON CONFLICT (id) DO UPDATE SET until = greatest(lease.until, excluded.until)
"""
READ = "SELECT resource, sum(weight)::text, count(*) FROM core_cachechange GROUP BY resource"
ACCOUNTS = ("accounts",)
# Asked of PostgreSQL itself by every write; a partial index has these few rows.
READ_ACCOUNTS = """
SELECT concat('accounts:', coalesce(sum(weight), 0)) FROM core_cachechange
WHERE resource = 'accounts'
"""
# The sums stay what they are: rows vanish and come back as one in the same statement.
SUM_UP = """
WITH taken AS (
    DELETE FROM core_cachechange
    WHERE id IN (SELECT id FROM core_cachechange FOR UPDATE SKIP LOCKED)
    RETURNING resource, weight
)
INSERT INTO core_cachechange (resource, weight)
SELECT resource, sum(weight) FROM taken GROUP BY resource
"""
LENT = """
SELECT extract(epoch FROM greatest(max(until) - clock_timestamp(), interval '0'))::float
FROM core_cachelease
"""


class Versions:
    """The version of every resource at one moment."""

    def __init__(self, by_resource: dict[str, str]) -> None:
        self._by_resource = by_resource
        self._texts: dict[Sequence[str], str] = {}

    @classmethod
    def from_bytes(cls, data: bytes) -> "Versions":
        """Read what `as_bytes` has written."""
        pairs = (pair.split(":") for pair in data.decode().split())
        return cls(dict(pairs))

    @cached_property
    def as_bytes(self) -> bytes:
        """Return them as Redis keeps them."""
        pairs = (f"{name}:{version}" for name, version in sorted(self._by_resource.items()))
        return " ".join(pairs).encode()

    def of(self, resources: Sequence[str]) -> str:
        """Return the versions of these resources, as one text to compare."""
        if resources not in self._texts:
            self._texts[resources] = " ".join(
                f"{name}:{self._by_resource.get(name, 0)}" for name in resources
            )
        return self._texts[resources]


def borrow_versions() -> Versions:
    """
    Return the current versions, which may be relied on for CACHE_LEASE_SECONDS from now.

    The loan is committed before we look: a writer whose change we do not see sees the loan.
    """
    with connection.cursor() as cursor:
        cursor.execute(LEND, [settings.CACHE_LEASE_SECONDS])
        cursor.execute(READ)
        rows = cursor.fetchall()
        if sum(count for _, _, count in rows) > PAGE:
            cursor.execute(SUM_UP)
    return Versions({resource: version for resource, version, _ in rows})


def accounts_now() -> str:
    """Return the version of the accounts, as `Versions.of` has it."""
    [[version]] = fetch(READ_ACCOUNTS)
    return str(version)


def seconds_lent() -> float:
    """Return for how many seconds somebody may still rely on older versions."""
    with connection.cursor() as cursor:
        cursor.execute(LENT)
        return float(cursor.fetchone()[0] or 0)

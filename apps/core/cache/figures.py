"""What operators see of the cached reads."""

from prometheus_client import Counter, Gauge, Histogram

READS = Counter(
    "cache_reads_total",
    "Reads of cacheable addresses: hit, stale, shared, miss, bypass.",
    ["outcome"],
)
# Looking one up by its label takes longer than counting.
READ = {word: READS.labels(word) for word in ("hit", "stale", "shared", "miss", "bypass")}
WRITES = Counter(
    "lean_writes_total",
    "Writes that can be done before Django: done, or passed on to it.",
    ["outcome"],
)
WRITE = {word: WRITES.labels(word) for word in ("done", "passed")}
LOANS = Counter("cache_loans_total", "Times the versions were read from PostgreSQL.")
WAITS = Histogram(
    "cache_wait_seconds",
    "How long reads waited for another's computation.",
    buckets=(0.005, 0.02, 0.1, 0.5, 1, 2, 3),
)
BREAKER = Gauge(
    "cache_breaker_open",
    "Processes that do without the cache, because Redis does not answer.",
    multiprocess_mode="livesum",
)

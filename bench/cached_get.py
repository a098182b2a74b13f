"""
How fast a known answer is: everything included, beside a bare hello of the same web server.

Everything: a token verified before, strict freshness, the reader's scope, the rate limit in Redis,
security headers, a request id. The same call with `If-None-Match` is measured beside it.
"""

import urllib.request

from bench.common import interleave, publish, start_house
from bench.desk.contest import wanted

PATH = "/api/items?page=1&limit=10"
CONNECTIONS = 32
GOAL = 0.20
EXPECTED = ("ETag", "X-RateLimit-Remaining", "X-Request-ID", "X-Frame-Options", "Vary")


def main() -> None:
    """Measure all three in turns."""
    asked = wanted(__doc__)
    start_house()
    from bench.desk import data
    from bench.desk.web import PRODUCT, get, load, served
    from tests.factories.accounts import ApiKeyFactory

    data.fill(1000)
    token = ApiKeyFactory().token
    with served(PRODUCT) as product, served("bench.desk.hello:application") as hello:
        get(product, PATH, token), get(hello, "/", token)
        etag = check(product, token)

        def rate(port: int, etag: str = "") -> float:
            options = {"seconds": asked.seconds, "connections": CONNECTIONS}
            return load(port, [PATH], token, etag=etag, **options).rate

        taken = interleave(
            {
                "hello": lambda: rate(hello),
                "cached": lambda: rate(product),
                "not modified": lambda: rate(product, etag),
            },
            rounds=asked.rounds,
        )
        check(product, token)
        last = load(product, [PATH], token, seconds=asked.seconds, connections=CONNECTIONS)
    publish(
        "cached_get",
        value=taken["cached"],
        unit="answers/s",
        peer="bare hello of the same server",
        peer_value=taken["hello"],
        ratio=taken["cached"] / taken["hello"],
        goal=GOAL,
        p50_ms=last.p50,
        p99_ms=last.p99,
    )
    publish(
        "cached_not_modified",
        value=taken["not modified"],
        unit="answers/s",
        peer="the same answer in full",
        peer_value=taken["cached"],
        ratio=taken["not modified"] / taken["cached"],
        goal=1.0,
    )


def check(port: int, token: str) -> str:
    """Make sure that what we measure is a whole answer from the cache; return its tag."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}")
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Host", "localhost")
    with urllib.request.urlopen(request) as first:
        first.read()
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["X-Cache"] == "HIT", answer.headers["X-Cache"]
        assert all(answer.headers[name] for name in EXPECTED), answer.headers
        assert answer.read().count(b'"createdAt"') == 10
        return str(answer.headers["ETag"])


if __name__ == "__main__":
    main()

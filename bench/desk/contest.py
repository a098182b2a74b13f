"""The product against the peer, in turns, on the same rows."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from bench.common import interleave, publish, start_house

ORDERS = 2000


def wanted(doc: str | None = None, **numbers: int) -> argparse.Namespace:
    """Read how long to measure, and further numbers with their defaults."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each round and contender")
    for name, default in numbers.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    return parser.parse_args()


@contextmanager
def contestants(orders: int = ORDERS, *, cached: bool = False) -> Iterator[tuple[int, int, str]]:
    """
    Start both on the same data; give their ports and a token that both accept.

    Known reads are computed each time, unless `cached`; limits are lifted, but counted.
    """
    start_house()
    from bench.desk import data
    from bench.desk.web import PEER, PRODUCT, served
    from tests.factories.accounts import ApiKeyFactory

    data.fill(orders)
    token = ApiKeyFactory().token
    reads = str(cached).lower()
    with served(PRODUCT, CACHE_READS=reads) as product, served(PEER) as peer:
        yield product, peer, token


def read_contest(name: str, path: str, *, rows: str, goal: float) -> None:
    """Measure a page of ten rows; both must show the same ones."""
    asked = wanted()
    with contestants() as (product, peer, token):
        from bench.desk.web import get, load

        ours, theirs = get(product, path, token)[rows], get(peer, path, token)["results"]
        assert [row["id"] for row in ours] == [row["id"] for row in theirs], (ours, theirs)
        assert len(ours) == 10

        def rate(port: int) -> float:
            return load(port, [path], token, seconds=asked.seconds).rate

        taken = interleave(
            {"backroom": lambda: rate(product), "idiomatic DRF": lambda: rate(peer)},
            rounds=asked.rounds,
        )
        last = load(product, [path], token, seconds=asked.seconds)
    publish(
        name,
        value=taken["backroom"],
        unit="answers/s",
        peer="idiomatic DRF view",
        peer_value=taken["idiomatic DRF"],
        ratio=taken["backroom"] / taken["idiomatic DRF"],
        goal=goal,
        p50_ms=last.p50,
        p99_ms=last.p99,
    )

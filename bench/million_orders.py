"""
A million orders: how long pages, an order, the priority list and the report take, computed anew.

`python bench/million_orders.py`; over HTTP with four connections, no answer from a cache. The same
pages at 10,000 orders show how they grow.
"""

import argparse
import base64
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.common import publish, start_house

LIMIT_MS = 60.0
MOST_GROWTH = 1.5
FEW, MANY = 10_000, 1_000_000
CONNECTIONS = 4
PAGES = ("first page", "deep cursor page")


def main() -> None:
    """Measure few orders, then many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--orders", type=int, default=MANY)
    asked = parser.parse_args()
    start_house()
    from tests.factories.accounts import ApiKeyFactory

    token = ApiKeyFactory().token
    few = measure(FEW, token, asked.rounds, asked.seconds)
    many = measure(asked.orders, token, asked.rounds, asked.seconds)
    growth = max(many[page]["p50"] / few[page]["p50"] for page in PAGES)
    slowest = max(many.values(), key=lambda figures: figures["p95"])["p95"]
    publish(
        "million_orders",
        value=slowest,
        unit="ms, the slowest p95",
        peer="limit",
        peer_value=LIMIT_MS,
        ratio=LIMIT_MS / slowest,
        goal=1.0,
        orders=asked.orders,
        growth_of_pages=growth,
        most_growth=MOST_GROWTH,
        **{f"p95 {name}": figures["p95"] for name, figures in many.items()},
    )


def measure(orders: int, token: str, rounds: int, seconds: int) -> dict[str, dict[str, float]]:
    """Return each route's median of the medians and of the 95th percentiles, by its name."""
    import statistics

    from bench.analytics import count_all
    from bench.desk import data
    from bench.desk.web import PRODUCT, get, load, served

    begun = time.perf_counter()
    data.fill(orders)
    print(f"{orders:,} orders made in {time.perf_counter() - begun:.0f} s")
    print(f"counted for the first time in {count_all():.1f} s")
    data.tidy()
    routes = {
        "first page": ["/api/orders?page=1&limit=10"],
        "deep cursor page": [f"/api/orders/cursor?cursor={cursor}" for cursor in cursors(orders)],
        "order": [f"/api/orders/{1 + number * 7919 % orders}" for number in range(500)],
        "priority list": ["/api/orders/priority"],
        "analytics": ["/api/analytics/sales?statusFilter=all", "/api/analytics/sales"],
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in routes}
    with served(PRODUCT, CACHE_READS="false") as port:
        print(f"priority list: {len(get(port, '/api/orders/priority', token))} orders")
        for number in range(rounds + 1):
            for name, paths in routes.items():
                run = load(port, paths, token, seconds=seconds, connections=CONNECTIONS)
                print(f"  {name:20} {run.rate:8.0f}/s  p50 {run.p50:6.1f}  p95 {run.p95:6.1f} ms")
                if number:
                    found[name].append((run.p50, run.p95))
    return {
        name: {
            "p50": statistics.median(p50 for p50, _ in runs),
            "p95": statistics.median(p95 for _, p95 in runs),
        }
        for name, runs in found.items()
    }


def cursors(orders: int) -> list[str]:
    """Return the places of orders in the older half of the list."""
    from urllib.parse import quote

    from apps.orders.models import Order

    wanted = [1 + number * 6007 % (orders // 2) for number in range(100)]
    rows = Order.objects.filter(pk__in=wanted).values_list("created_at", "id")
    return [
        quote(base64.b64encode(json.dumps({"createdAt": at.isoformat(), "id": pk}).encode()))
        for at, pk in rows
    ]


if __name__ == "__main__":
    main()

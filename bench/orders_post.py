"""
Orders of three lines placed a second, each under an Idempotency-Key, beside idiomatic DRF.

`python bench/orders_post.py`; the peer stores order and lines in one transaction, too, but honours
no key. Both are served by granian with 2 workers of 4 threads. At least 10,000 of ours are placed,
none of them may fail, and each is there once.
"""

import sys
from pathlib import Path
from secrets import token_hex

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.common import interleave, publish
from bench.desk.contest import ORDERS, contestants, wanted

GOAL = 3.0
AT_LEAST = 10_000
PATH = "/api/orders"
BODY = {
    "orderFrom": "instagram",
    "customerName": "Mira",
    "customerId": "@mira",
    "address": "3 Harbour Road",
    "items": [
        {"itemId": 7, "quantity": 2, "customizationRequest": "blue thread"},
        {"itemId": 8, "quantity": 1, "customizationRequest": ""},
        {"itemId": 9, "quantity": 3, "customizationRequest": ""},
    ],
    "paymentStatus": "unpaid",
    "paidAmount": 0,
    "confirmationStatus": "unconfirmed",
    "customerNotes": "",
    "priority": 0,
}


def main() -> None:
    """Measure, and look whether what was answered is there."""
    asked = wanted(__doc__, at_least=AT_LEAST)
    with contestants(cached=True) as (product, peer, token):
        from apps.core.models import IdempotentAnswer
        from bench.desk import data
        from bench.desk.web import load

        placed = 0

        def run(port: int) -> float:
            nonlocal placed
            run = load(port, [PATH], token, seconds=asked.seconds, body=BODY, key=token_hex(4))
            rate = run.rate
            orders, lines, keys = data.settled_after(ORDERS)
            assert run.requests <= orders, (run.requests, orders)
            assert lines == 3 * orders, (lines, orders)
            if port == product:
                placed += run.requests
                assert keys == orders, (keys, orders)
            data.remove_orders_after(ORDERS)
            IdempotentAnswer.objects.all().delete()
            data.tidy()
            return rate

        taken = interleave(
            {"backroom": lambda: run(product), "idiomatic DRF": lambda: run(peer)},
            rounds=asked.rounds,
        )
        while placed < asked.at_least:
            run(product)
    publish(
        "orders_post",
        value=taken["backroom"],
        unit="orders/s",
        peer="idiomatic DRF view",
        peer_value=taken["idiomatic DRF"],
        ratio=taken["backroom"] / taken["idiomatic DRF"],
        goal=GOAL,
        placed=placed,
        failed=0,
    )


if __name__ == "__main__":
    main()

"""
A day at the desk: 90 % known reads, 9 % that are never kept, 1 % changes; and nobody sees the past.

Each change gives an item the next number. A read that begins after the answer to a change and shows
a smaller number is a stale one; one of them fails the run.
"""

import argparse
import asyncio
import random
import re
import statistics
import time

from bench.common import publish, start_house

PATH = "/api/items?page=1&limit=10"
NUMBERED = re.compile(rb'"name":"Count ([0-9]+)"')
MOST_P99 = 60.0
VISITORS = 16
ORDERS = 2000


def main() -> None:
    """Let the visitors come, and publish how long the slowest waited."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    start_house()
    from apps.catalog.models import Item
    from apps.orders.models import Order
    from bench.desk import data
    from bench.desk.visitor import Notes
    from bench.desk.web import PRODUCT, get, served
    from tests.factories.accounts import ApiKeyFactory, UserFactory

    data.fill(ORDERS)
    newest = Item.objects.active().newest_first().values_list("pk", flat=True)[0]
    Item.objects.filter(pk=newest).update(name="Count 0")
    assert Order.objects.exists()
    token = ApiKeyFactory(owner=UserFactory(operator=True)).token
    notes = Notes()
    with served(PRODUCT) as port:
        get(port, PATH, token)
        shop = Shop(newest)
        asyncio.run(shop.open(port, token, notes, asked.seconds))
    report(notes, shop, asked.seconds)


class Shop:
    """What the visitors do, and what they have been told."""

    def __init__(self, item_id: int) -> None:
        self.item_path = f"/api/items/{item_id}"
        self.next = self.told = 0
        self.stale: list[str] = []
        self.hits = 0
        self.writing = asyncio.Lock()

    async def open(self, port: int, token: str, notes: object, seconds: float) -> None:
        """Serve all visitors until the time is over."""
        from bench.desk.visitor import Visitor

        ends_at = time.monotonic() + seconds
        visitors = [Visitor(port, token, notes) for _ in range(VISITORS)]
        await asyncio.gather(*(self._visit(visitor, ends_at) for visitor in visitors))

    async def _visit(self, visitor: object, ends_at: float) -> None:
        while time.monotonic() < ends_at:
            choice = random.random()
            if choice < 0.90:
                await self._look(visitor)
            elif choice < 0.99:
                page = random.randint(1, ORDERS // 10)
                await visitor.call("uncached", "GET", f"/api/orders?page={page}&limit=10")
            else:
                await self._change(visitor)

    async def _look(self, visitor: object) -> None:
        known = self.told
        answer = await visitor.call("cached", "GET", PATH)
        if answer is None or answer.status != 200:
            return
        self.hits += b"x-cache: hit" in answer.head.lower()
        shown = int(NUMBERED.search(answer.body)[1])
        if shown < known:
            self.stale.append(f"{shown} after {known}")

    async def _change(self, visitor: object) -> None:
        async with self.writing:  # so that the numbers are stored in their order
            self.next += 1
            number = self.next
            body = b'{"name":"Count %d"}' % number
            answer = await visitor.call("write", "PUT", self.item_path, body)
            if answer is not None and answer.status == 200:
                self.told = number


def report(notes: object, shop: Shop, seconds: float) -> None:
    """Print and publish; fail if anything was old or went wrong."""
    everything = [each for kind in notes.milliseconds.values() for each in kind]
    for kind, taken in sorted(notes.milliseconds.items()):
        cuts = statistics.quantiles(taken, n=100)
        print(f"  {kind:9} {len(taken):7}  p50 {cuts[49]:7.2f} ms  p99 {cuts[98]:7.2f} ms")
    p99 = statistics.quantiles(everything, n=100)[98]
    print(f"  {len(everything)} calls, {shop.hits} hits, {shop.told} changes")
    if shop.stale or notes.failures:
        raise SystemExit(f"stale: {shop.stale[:5]}; failures: {notes.failures[:5]}")
    publish(
        "mixed_load",
        value=p99,
        unit="ms at p99",
        peer="what was promised, in ms",
        peer_value=MOST_P99,
        ratio=MOST_P99 / p99,
        goal=1.0,
        calls_per_second=len(everything) / seconds,
        hits_percent=100 * shop.hits / len(notes.milliseconds["cached"]),
        stale_reads=len(shop.stale),
        changes=shop.told,
    )


if __name__ == "__main__":
    main()

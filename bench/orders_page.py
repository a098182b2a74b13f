"""
Uncached pages of ten orders with their lines a second, beside an idiomatic DRF view.

`python bench/orders_page.py`; both are served by granian with 2 workers of 4 threads.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.desk.contest import read_contest

GOAL = 6.0

if __name__ == "__main__":
    read_contest("orders_page", "/api/orders?page=1&limit=10", rows="orders", goal=GOAL)

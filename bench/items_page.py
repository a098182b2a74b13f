"""
Uncached pages of ten items a second, beside an idiomatic DRF view of the same rows.

`python bench/items_page.py`; both are served by granian with 2 workers of 4 threads.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.desk.contest import read_contest

GOAL = 3.0

if __name__ == "__main__":
    read_contest("items_page", "/api/items?page=1&limit=10", rows="items", goal=GOAL)

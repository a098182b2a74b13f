"""What makes CPython serve many short pieces of work beside each other."""

import gc
import sys

# Allocations before a round over the young, and rounds before one over the older ones; the usual
# 700, 10 and 10 make a round over everything every few hundred rows.
COLLECT_AFTER = (20_000, 20, 50)
# A thread that comes back from the database waits that long for one that computes; the usual
# 5 ms, at each of a request's ten round trips, are most of its time.
SWITCH_SECONDS = 0.001


def tune_interpreter() -> None:
    """Have what lives as long as the process left out of garbage rounds, and threads take turns."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(SWITCH_SECONDS)

"""How much memory this process and its children take at most while something happens."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil


@dataclass
class Growth:
    """The largest growth seen, in bytes."""

    peak: int = 0


@contextmanager
def growth_of_process_tree() -> Iterator[Growth]:
    """Watch, every ten milliseconds, what the process tree takes beyond what it took before."""
    root = psutil.Process()
    growth, stop = Growth(), threading.Event()
    before = _resident(root)

    def watch() -> None:
        while not stop.wait(0.01):
            growth.peak = max(growth.peak, _resident(root) - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield growth
    finally:
        stop.set()
        watcher.join()


def _resident(root: psutil.Process) -> int:
    total = root.memory_info().rss
    for child in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            total += child.memory_info().rss
    return total

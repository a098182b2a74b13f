"""Many callers at the same moment, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Semaphore
from typing import Any

from django.db import connection

CONNECTIONS = 80  # of the throw-away server's 200; the other callers stand in line for one


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    """Let so many threads begin together; return what each of them returned or raised."""
    start, connections = Barrier(number), Semaphore(CONNECTIONS)

    def run(which: int) -> Any:
        start.wait(60)
        with connections:
            try:
                return act(which)
            except Exception as error:
                return error
            finally:
                connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))

"""One computation of an answer in this process; who asks for the same meanwhile waits for it."""

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Flight(Generic[Result]):
    """A computation under way."""

    def __init__(self) -> None:
        self._landed = threading.Event()
        self._result: Result | None = None

    def land(self, result: Result | None) -> None:
        """Wake those who wait."""
        self._result = result
        self._landed.set()

    def wait(self, seconds: float) -> Result | None:
        """Return the result, or None if there is none to share or it takes too long."""
        self._landed.wait(seconds)
        return self._result


class Flights(Generic[Result]):
    """The computations that are under way in this process."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight[Result]] = {}
        self._lock = threading.Lock()

    def join(self, name: Hashable) -> tuple[Flight[Result], bool]:
        """Return the flight of that name, and whether it is ours to fly."""
        with self._lock:
            flight = self._under_way.get(name)
            if flight is not None:
                return flight, False
            flight = self._under_way[name] = Flight()
            return flight, True

    def land(self, name: Hashable, flight: Flight[Result], result: Result | None) -> None:
        """End our flight."""
        with self._lock:
            self._under_way.pop(name, None)
        flight.land(result)

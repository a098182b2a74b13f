"""What a call to the recording partner can meet, and how that is written."""

from typing import NamedTuple

DRIP_MS = 5


class Behaviour(NamedTuple):
    """What a call meets; `times` is None when every call meets it."""

    kind: str
    number: int = 0
    times: int | None = None


OK = Behaviour("ok")


def parse_behaviour(text: str) -> Behaviour:
    """
    Read a behaviour such as `slow:500:2`.

    :raises ValueError: if there is no such behaviour
    """
    kind, *rest = text.split(":")
    numbers = [int(part) for part in rest]
    match kind, numbers:
        case "ok", []:
            return OK
        case "status", [status]:
            return Behaviour("status", status)
        case "echo", [status]:
            return Behaviour("echo", status)
        case "flaky", [status, times]:
            return Behaviour("status", status, times)
        case "429", [seconds, *times]:
            return Behaviour("429", seconds, times[0] if times else 1)
        case "slow", [delay, *times]:
            return Behaviour("slow", delay, times[0] if times else None)
        case "drop" | "reset", times:
            return Behaviour(kind, 0, times[0] if times else None)
        case "drip", [pace, *times]:
            return Behaviour("drip", pace, times[0] if times else None)
        case "drip", []:
            return Behaviour("drip", DRIP_MS)
    raise ValueError(f"Unknown behaviour: {text}")

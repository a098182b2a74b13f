"""What went wrong in our own code, told without a word of what it was working on."""

import traceback
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.core.times import iso

ROOT = Path(__file__).resolve().parents[2]
MOST_FRAMES = 12
MOST_ATTEMPTS = 5


def trace_of(error: BaseException) -> list[str]:
    """Return the way through the code that led to the error, the innermost line last."""
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return [f"{_place(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]


def origin_of(error: BaseException) -> str:
    """Return what it was and where, the same for the same mistake in another line."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(frame.filename)]
    last = (ours or frames)[-1:]
    where = f" in {_place(last[0].filename)}, {last[0].name}" if last else ""
    return f"{type(error).__name__}{where}"


def with_attempt(detail: Any, error: BaseException) -> dict[str, Any]:
    """
    Return the job's error detail with one more failed attempt.

    An exception's own words may quote what the job works on: they stay in the log.
    """
    known = detail if isinstance(detail, dict) else {}
    attempt = {"at": iso(timezone.now()), "error": origin_of(error), "trace": trace_of(error)}
    return {
        "failures": int(known.get("failures", 0)) + 1,
        "origin": origin_of(error),
        "attempts": [*known.get("attempts", []), attempt][-MOST_ATTEMPTS:],
    }


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


def _place(filename: str) -> str:
    """Return the file as it is called in the project, or in its package."""
    path = Path(filename)
    if _is_ours(filename):
        return str(path.relative_to(ROOT))
    if "site-packages" in path.parts:
        return str(Path(*path.parts[path.parts.index("site-packages") + 1 :]))
    return path.name

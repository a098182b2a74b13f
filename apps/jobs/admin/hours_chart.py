"""What ended within a day, as bars: drawn on the server, so that it needs no script."""

from typing import Any, NamedTuple

from apps.jobs.admin.job_filters import HOUR_FORMAT
from apps.jobs.admin.job_links import jobs_url
from apps.jobs.queue_figures import HOURS, Hour

WIDTH, BASE, LEFT = 640, 150, 44
HEIGHT = BASE + 24
GAP = 4
LABEL_EVERY = 6
LEAST_HEIGHT = 2.0
# From the bottom of a bar to its top.
PARTS = (
    ("completed", "good", "Completed"),
    ("partial", "mixed", "Partial"),
    ("failed", "bad", "Failed"),
    ("cancelled", "neutral", "Cancelled"),
)
LEGEND = [(tone, label) for _, tone, label in PARTS]


class Part(NamedTuple):
    """A piece of a bar."""

    tone: str
    x: float
    y: float
    width: float
    height: float


def hour_url(hour: Hour) -> str:
    """Return the list of the jobs that ended in the hour."""
    return jobs_url(ended=hour.begin.strftime(HOUR_FORMAT))


def hours_chart(hours: list[Hour]) -> dict[str, Any]:
    """Return where everything of the chart is drawn."""
    most = _round_up(max((hour.total for hour in hours), default=0))
    step = (WIDTH - LEFT) / max(1, len(hours))
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "base": BASE,
        "left": LEFT,
        "label_y": HEIGHT - 6,
        "ticks": [_tick(share, most) for share in (0.0, 0.5, 1.0) if most > 1 or share != 0.5],
        "bars": [_bar(hour, number, step, most) for number, hour in enumerate(hours)],
    }


def table_of(hours: list[Hour]) -> list[dict[str, Any]]:
    """Return the same figures as rows, the latest hour first."""
    return [
        {
            "begin": hour.begin,
            "url": hour_url(hour),
            "counts": [hour.ends[name] for name, _, _ in PARTS],
        }
        for hour in reversed(hours)
    ]


def _bar(hour: Hour, number: int, step: float, most: int) -> dict[str, Any]:
    x, y = LEFT + number * step, float(BASE)
    parts = []
    for name, tone, _ in PARTS:
        if count := hour.ends[name]:
            height = max(LEAST_HEIGHT, count / most * (BASE - 10))
            y -= height
            parts.append(_part(tone, x + GAP / 2, y, step - GAP, height))
    told = ", ".join(f"{hour.ends[name]:,} {label.lower()}" for name, _, label in PARTS)
    return {
        "x": round(x, 1),
        "middle": round(min(x + step / 2, WIDTH), 1),
        # The last one would be cut off by the edge.
        "anchor": "end" if number == HOURS - 1 else "middle",
        "step": round(step, 1),
        "url": hour_url(hour),
        "title": f"{hour.begin:%H:%M}: {told}",
        "label": f"{hour.begin:%H:%M}" if hour.begin.hour % LABEL_EVERY == 0 else "",
        "parts": parts,
    }


def _part(tone: str, *numbers: float) -> Part:
    return Part(tone, *(round(number, 1) for number in numbers))


def _tick(share: float, most: int) -> dict[str, Any]:
    y = round(BASE - share * (BASE - 10), 1)
    return {"y": y, "x": LEFT - 8, "text_y": y + 4, "label": f"{round(most * share):,}"}


def _round_up(most: int) -> int:
    """Return the next number that is round, and whose half is a number, too."""
    unit = 2 * int("1" + "0" * (len(str(most)) - 1))
    return max(2, -(-most // unit) * unit)

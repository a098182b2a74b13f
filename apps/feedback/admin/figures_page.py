from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin

from apps.feedback.admin.wording import RATING_TONES
from apps.feedback.figures import FeedbackFigures, Rated, read_figures
from apps.jobs.wording import duration
from apps.orders.sales.spans import cut, label_of

RANGES = {"month": ("30 days", 30), "quarter": ("90 days", 90), "year": ("A year", 365)}
DEFAULT = "quarter"
HINT = "Click for the feedback"


class Line(NamedTuple):
    """A bar of a chart and a row of its table."""

    label: str
    number: int
    second: str  # the share, or the average
    url: str
    tone: str = ""


class Chart(NamedTuple):
    """A chart, its table, and what the script draws."""

    name: str
    title: str
    note: str
    columns: tuple[str, str, str]
    lines: list[Line]
    total: Line
    drawn: list[dict[str, Any]]


class FiguresPage(ModelAdmin):  # type: ignore[misc]
    """How customers rate, and how soon they hear back: `feedback/feedback/figures`."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.figures_view))
        return [path("figures", view, name="feedback_feedback_figures"), *super().get_urls()]

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        """Show the figures of the range that the address names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = request.GET.get("range", DEFAULT)
        chosen = chosen if chosen in RANGES else DEFAULT
        figures = read_figures(days=RANGES[chosen][1], now=timezone.now())
        charts = [_by_rating(figures), _over_time(figures)]
        page = reverse("admin:feedback_feedback_figures")
        context = {
            **self.admin_site.each_context(request),
            "title": "Feedback figures",
            "figures": figures,
            "ranges": [
                (title, f"{page}?range={name}", name == chosen)
                for name, (title, _) in RANGES.items()
            ],
            "cards": _cards(figures),
            "charts": charts,
            "drawn": [picture for chart in charts for picture in chart.drawn],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/backroom/feedback_figures.html", context)


def _cards(figures: FeedbackFigures) -> list[dict[str, Any]]:
    total, answered = figures.total, figures.answered
    listed = _url(figures.first)
    slowest = f"the slowest took {_taken(figures.slowest_reply)}" if answered else "no replies yet"
    return [
        _card("given", "Feedback", f"{total.number:,}", "given in this range", listed),
        _card("average", "Average rating", total.average or "-", "of 5 stars", listed),
        _card("reply-time", "Time to reply", _taken(figures.median_reply),
              f"in the middle; {slowest}", _url(figures.first, reply="given")),
        _card("answered", "Answered", _share(answered, total.number),
              f"{answered:,} of {total.number:,}", _url(figures.first, reply="given")),
        _card("public", "Public", _share(figures.public, total.number),
              f"{figures.public:,} of {total.number:,}", _url(figures.first, is_public__exact="1")),
        _card("waiting", "Waiting for a reply", f"{figures.waiting:,}", "of all time",
              reverse("admin:feedback_feedback_queue"), is_alert=figures.waiting > 0),
    ]  # fmt: skip


def _card(
    name: str, label: str, value: str, note: str, url: str, *, is_alert: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "value": value,
        "note": note,
        "url": url,
        "is_alert": is_alert,
    }


def _by_rating(figures: FeedbackFigures) -> Chart:
    total = figures.total
    lines = [
        Line(
            f"{star} star{'' if star == 1 else 's'}",
            count,
            _share(count, total.number),
            _url(figures.first, rating__exact=str(star)),
            RATING_TONES[star],
        )
        for star, count in figures.stars.items()
    ]
    return Chart(
        "ratings",
        "Ratings",
        "How many customers gave how many stars.",
        ("Rating", "Feedback", "Share"),
        lines,
        Line("Together", total.number, f"{total.average or '-'} on average", _url(figures.first)),
        [_draw("ratings-number", lines, "Feedback", axis="y")],
    )


def _over_time(figures: FeedbackFigures) -> Chart:
    lines: list[Line] = []
    averages: list[float | None] = []
    for first, last in cut(figures.first, figures.today):
        rated = Rated()
        for day, given in figures.days.items():
            rated = rated.plus(given) if first <= day <= last else rated
        url = _url(first, given_to=f"{last}")
        lines.append(Line(label_of(first, last), rated.number, rated.average or "-", url))
        averages.append(float(rated.average) if rated.average else None)
    total = figures.total
    drawn = [
        _draw("trend-number", lines, "Feedback", axis="x"),
        _draw("trend-average", lines, "Average rating", axis="x", values=averages),
    ]
    return Chart(
        "trend",
        "Over time",
        "By the day that the feedback came in, in UTC.",
        ("When", "Feedback", "Average rating"),
        lines,
        Line("Together", total.number, total.average or "-", _url(figures.first)),
        drawn,
    )


def _draw(
    name: str, lines: list[Line], what: str, *, axis: str, values: list[float | None] | None = None
) -> dict[str, Any]:
    return {
        "id": name,
        "axis": axis,
        "what": what,
        "isMoney": values is not None,  # two decimals
        "labels": [line.label for line in lines],
        "values": [line.number for line in lines] if values is None else values,
        "urls": [line.url for line in lines],
        "tones": [line.tone for line in lines],
        "hint": HINT,
    }


def _url(first: Any, **filters: str) -> str:
    asked = {"given_from": f"{first}", **filters}
    return f"{reverse('admin:feedback_feedback_changelist')}?{urlencode(asked)}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _taken(span: Any) -> str:
    return duration(span.total_seconds()) if span is not None else "-"

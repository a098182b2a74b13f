from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

# The lists that people ask for most, and what each of them is.
LISTS = {
    "": ("All", ""),
    "open": ("Open", "Everything that is not finished."),
    "queued": ("Waiting", "Due, and in nobody's hands yet."),
    "scheduled": ("Scheduled", "For later, or to be tried again; “Run now” does not wait."),
    "running": ("Running", ""),
    "paused": ("Paused", "Each by itself; queues are paused on their own page."),
    "failed": (
        "Dead letters",
        "Jobs that failed for good, kept for {failed_days} days. A retry opens them again.",
    ),
}


def jobs_url(**filters: str) -> str:
    """Return the list of the jobs that these filters choose."""
    return f"{reverse('admin:jobs_job_changelist')}?{urlencode(filters)}"


def job_lists(request: HttpRequest) -> dict[str, object]:
    """Return the lists as links, and what the one that is shown is."""
    now = request.GET.get("state", "") if request.GET.keys() <= {"state", "p", "o"} else None
    page = reverse("admin:jobs_job_changelist")
    links = [
        (label, f"{page}?{urlencode({'state': state})}" if state else page, state == now)
        for state, (label, _) in LISTS.items()
    ]
    about = LISTS[now][1] if now in LISTS else ""
    return {"links": links, "about": about.format(failed_days=settings.FAILED_JOB_TTL_DAYS)}

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action

from apps.accounts.staff import staff_of
from apps.core.bulk import Bulk, told
from apps.core.errors import DomainError
from apps.jobs.querysets import JobQuerySet
from apps.jobs.services.steer_many import MOST, ask_to_steer, steerable
from apps.jobs.status import JobType

SHOWN = 10
# How each action is called, and what it does; of the button, and of what is told afterwards.
WORDS = {
    "retry": (
        "Retry",
        "They are queued again, and begin with what was left undone.",
        "tried again",
    ),
    "cancel": ("Cancel", "They end for good; what is in flight finishes first.", "cancelled"),
    "pause": ("Pause", "They stand still until somebody resumes them.", "paused"),
    "resume": ("Resume or run now", "Paused ones go on, scheduled ones need not wait.", "resumed"),
    "delete": ("Remove from the lists", "Their history stays for its time.", "removed"),
}


class BulkSteering(ModelAdmin):  # type: ignore[misc]
    """Actions on chosen jobs, or on all that match the filter, with their number first."""

    actions = ("retry_jobs", "resume_jobs", "pause_jobs", "cancel_jobs", "remove_jobs")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may do more than look."""
        return bool(staff_of(request).has_perm("jobs.change_job"))

    @action(description="Retry…", permissions=["steer"])
    def retry_jobs(self, request: HttpRequest, jobs: JobQuerySet) -> Any:
        return self._steer_all(request, jobs, "retry")

    @action(description="Resume or run now…", permissions=["steer"])
    def resume_jobs(self, request: HttpRequest, jobs: JobQuerySet) -> Any:
        return self._steer_all(request, jobs, "resume")

    @action(description="Pause…", permissions=["steer"])
    def pause_jobs(self, request: HttpRequest, jobs: JobQuerySet) -> Any:
        return self._steer_all(request, jobs, "pause")

    @action(description="Cancel…", permissions=["steer"])
    def cancel_jobs(self, request: HttpRequest, jobs: JobQuerySet) -> Any:
        return self._steer_all(request, jobs, "cancel")

    @action(description="Remove from the lists…", permissions=["steer"])
    def remove_jobs(self, request: HttpRequest, jobs: JobQuerySet) -> Any:
        return self._steer_all(request, jobs, "delete")

    def _steer_all(self, request: HttpRequest, jobs: JobQuerySet, what: str) -> HttpResponse | None:
        """Show how many there are, or have it done; None leads back to the list."""
        chosen = steerable(jobs, what)
        bulk = Bulk(request, chosen.count())
        if problem := _problem(bulk, what):
            messages.error(request, problem)
            return None
        if not (bulk.is_confirmed or _are_fewer(request, bulk)):
            return self._preview(request, chosen, what, bulk, left_out=jobs.count() - bulk.count)
        try:
            who = staff_of(request).get_username()
            count = ask_to_steer(chosen, action=what, actor=who, which=_which(request, bulk))
        except DomainError as error:
            messages.error(request, str(error))
            return None
        done = WORDS[what][2]
        messages.success(request, f"{told(count, 'job is', 'jobs are')} being {done}.")
        return None

    def _preview(
        self, request: HttpRequest, jobs: JobQuerySet, what: str, bulk: Bulk, *, left_out: int
    ) -> HttpResponse:
        label, effect, _ = WORDS[what]
        kinds = jobs.order_by().values_list("type").annotate(Count("pk")).order_by("type")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{label}: {told(bulk.count, 'job', 'jobs')}",
            "bulk": bulk,
            "label": label,
            "effect": effect,
            "is_final": what == "cancel",
            "left_out": left_out,
            "kinds": [(JobType(kind).label, count) for kind, count in kinds],
            "shown": jobs.order_by("-created_at", "-pk")[:SHOWN],
            "more": max(0, bulk.count - SHOWN),
        }
        return TemplateResponse(request, "admin/backroom/jobs_bulk.html", context)


def _problem(bulk: Bulk, what: str) -> str:
    if bulk.count > MOST:
        return (
            f"{bulk.count:,} jobs are too many; at most {MOST:,} at once. Filter the list further."
        )
    if not bulk.count:
        return f"The state of none of these jobs allows to {WORDS[what][0].lower()} it."
    return ""


def _are_fewer(request: HttpRequest, bulk: Bulk) -> bool:
    """Return whether some have meanwhile gone on by themselves, which is no reason to ask again."""
    expected = request.POST.get("expected", "")
    return "confirmed" in request.POST and expected.isdecimal() and bulk.count < int(expected)


def _which(request: HttpRequest, bulk: Bulk) -> str:
    if not bulk.is_all:
        return "chosen in the list"
    filters = ", ".join(f"{name}={value}" for name, value in request.GET.items())
    return f"that match {filters}" if filters else "of the whole list"

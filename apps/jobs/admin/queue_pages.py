"""The queue pages: how everything stands, what failed and why, who works, what runs by itself."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from unfold.admin import ModelAdmin

from apps.accounts.models import Role
from apps.accounts.staff import staff_of
from apps.core.bulk import told
from apps.core.errors import DomainError
from apps.jobs.admin.job_links import jobs_url
from apps.jobs.admin.queue_tables import overview
from apps.jobs.admin.work_tables import timetable_rows, worker_rows
from apps.jobs.failures import failure_groups
from apps.jobs.live_page import live_answer
from apps.jobs.models import Job, QueueState
from apps.jobs.pages import page_of
from apps.jobs.querysets import JobQuerySet
from apps.jobs.services.pause_queue import pause_queue, resume_queue
from apps.jobs.services.steer_many import ask_to_steer
from apps.jobs.status import JobState

PACE_SECONDS = 5
PAGES = {
    "changelist": ("Queues", "queues_live"),
    "failures": ("Failures", "failures_live"),
    "workers": ("Workers", "workers_live"),
    "timetable": ("Timetable", "timetable_live"),
}
SPANS = {"day": ("24 hours", timedelta(days=1)), "week": ("7 days", timedelta(days=7)),
         "all": ("All", None)}  # fmt: skip


@admin.register(QueueState)
class QueuePages(ModelAdmin):  # type: ignore[misc]
    """Pages instead of a list: everybody who may look sees them, and acts as far as allowed."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _shown: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _shown: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(require_safe(self.changelist_view)), name=_name("changelist")),
            path("switch", wrap(require_POST(self.switch_view)), name=_name("switch")),
            path("retry", wrap(require_POST(self.retry_view)), name=_name("retry")),
            path("<slug:page>/live", wrap(require_safe(self.live_view)), name=_name("live")),
            *(
                path(name, wrap(require_safe(self.page_view)), {"page": name}, name=_name(name))
                for name in PAGES
                if name != "changelist"
            ),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show how the queues stand."""
        return self.page_view(request, "changelist")

    def page_view(self, request: HttpRequest, page: str) -> HttpResponse:
        """Show one of the pages."""
        context = self._context(request, page)
        title, _ = PAGES[page]
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "pace": PACE_SECONDS,
            "queue_pages": [
                *((label, reverse(f"admin:{_name(name)}"), name == page)
                  for name, (label, _) in PAGES.items()),
                ("All jobs", reverse("admin:jobs_job_changelist"), False),
            ],
            "live_url": reverse(f"admin:{_name('live')}", args=[page]) + query,
        }  # fmt: skip
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/backroom/queue_page.html", shared | context)

    def live_view(self, request: HttpRequest, page: str) -> HttpResponse:
        """Answer with the part of a page that changes."""
        if page not in PAGES:
            raise Http404
        context = self._context(request, page)
        return live_answer(request, render_to_string(context["live_template"], context, request))

    def _context(self, request: HttpRequest, page: str) -> dict[str, Any]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        user = staff_of(request)
        context: dict[str, Any] = {
            "live_template": f"admin/backroom/{PAGES[page][1]}.html",
            "sees_all": user.may_act_as(Role.ADMIN),
            "may_steer": user.has_perm("jobs.change_job"),
            "may_switch": user.may_act_as(Role.ADMIN),
            "switch_url": reverse(f"admin:{_name('switch')}"),
            "retry_url": reverse(f"admin:{_name('retry')}"),
        }
        match page:
            case "failures":
                return context | self._failures(request)
            case "workers":
                return context | {"benches": worker_rows(timezone.now(), user)}
            case "timetable":
                return context | {"entries": timetable_rows(timezone.now())}
            case _:
                return context | overview(timezone.now())

    def _failures(self, request: HttpRequest) -> dict[str, Any]:
        chosen = _span(request.GET)
        label, span = SPANS[chosen]
        since = timezone.now() - span if span else None
        groups = failure_groups(Job.objects.visible_to(staff_of(request)), since=since)
        page = reverse(f"admin:{_name('failures')}")
        return {
            "groups": [
                {
                    "fingerprint": group.fingerprint,
                    "count": group.count,
                    "message": group.message,
                    "origin": group.origin,
                    "kind": group.kind,
                    "first_at": group.first_at,
                    "last_at": group.last_at,
                    "latest": group.latest,
                    "latest_url": page_of(group.latest),
                    "url": jobs_url(failure=group.fingerprint),
                }
                for group in groups
            ],
            "span": chosen,
            "spans": [
                (label, f"{page}?span={name}", name == chosen) for name, (label, _) in SPANS.items()
            ],
            "span_in_words": f" in {label}" if span else "",
            "kept_days": settings.FAILED_JOB_TTL_DAYS,
        }

    def switch_view(self, request: HttpRequest) -> HttpResponse:
        """Pause a queue, or let it go on."""
        user = staff_of(request)
        if not user.may_act_as(Role.ADMIN):
            raise PermissionDenied
        queue, reason = request.POST.get("queue", ""), _typed(request, "reason")[:500]
        who = user.get_username()
        try:
            if request.POST.get("action") == "resume":
                resume_queue(queue=queue, actor=who, reason=reason)
                messages.success(request, f"Resumed: {queue}.")
            else:
                pause_queue(queue=queue, actor=who, reason=reason, now=timezone.now())
                messages.success(request, f"Paused: {queue}. Slices that run stop within seconds.")
        except DomainError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse(f"admin:{_name('changelist')}"))

    def retry_view(self, request: HttpRequest) -> HttpResponse:
        """Try all jobs of one cause again, if there are as many as the person has seen."""
        user = staff_of(request)
        if not user.has_perm("jobs.change_job"):
            raise PermissionDenied
        fingerprint, span = _typed(request, "fingerprint"), _span(request.POST)
        jobs = _of_span(Job.objects.visible_to(user).alike(fingerprint), span)
        jobs = jobs.in_states([JobState.FAILED])
        try:
            if str(jobs.count()) != request.POST.get("expected", ""):
                messages.warning(
                    request, "Others have failed, or were retried, meanwhile. Look again."
                )
            else:
                which = f"that failed as {fingerprint}"
                count = ask_to_steer(jobs, action="retry", actor=user.get_username(), which=which)
                messages.success(request, f"{told(count, 'job is', 'jobs are')} tried again.")
        except DomainError as error:
            messages.error(request, str(error))
        page = reverse(f"admin:{_name('failures')}")
        return HttpResponseRedirect(f"{page}?span={span}")


def _typed(request: HttpRequest, name: str) -> str:
    """Return what was sent; PostgreSQL keeps no NUL."""
    return request.POST.get(name, "").replace("\x00", "").strip()


def _span(data: QueryDict) -> str:
    name = data.get("span", "")
    return name if name in SPANS else "week"


def _of_span(jobs: JobQuerySet, span: str) -> JobQuerySet:
    _, length = SPANS[span]
    return jobs.filter(finished_at__gte=timezone.now() - length) if length else jobs


def _name(page: str) -> str:
    return f"jobs_queuestate_{page}"

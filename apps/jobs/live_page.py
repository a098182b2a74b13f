"""A page that tells how one job stands, keeps itself up to date, and has the job's buttons."""

import re
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_POST, require_safe
from unfold.admin import ModelAdmin

from apps.accounts.staff import staff_of
from apps.core.errors import DomainError
from apps.jobs.cloning import cloner_of
from apps.jobs.models import Job
from apps.jobs.pages import page_of
from apps.jobs.steering import buttons_for, steer
from apps.jobs.waiting import why_waiting
from apps.jobs.wording import TONE_OF, Progress, duration

SHOWN_EVENTS = 40
# It is masked anew for every answer, and says nothing about the job.
TOKEN = re.compile(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>')


def live_answer(request: HttpRequest, html: str, *, goes_on: bool = True) -> HttpResponse:
    """
    Answer with the part of a page that changes; 304 where it has not.

    :param goes_on: whether it may still change, so that the page's script asks again
    """
    etag = f'"{sha256(TOKEN.sub("", html).encode()).hexdigest()[:32]}"'
    response = HttpResponse(html, headers={"ETag": etag, "Cache-Control": "private, no-cache"})
    response["X-Live"] = "on" if goes_on else "off"
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer or response


class LivePageAdmin(ModelAdmin):  # type: ignore[misc]
    """
    The change page of a job, or of what belongs to a job, without a form.

    `live_template` is what changes while the job runs: `<name>/live` answers with it alone, with
    an ETag, so that the page's script asks again and again for next to nothing.
    """

    page_template = "admin/backroom/job.html"
    live_template = "admin/backroom/job_live.html"
    actions_template = ""

    def job_of(self, shown: Any) -> Job:
        """Return the job that the page is about."""
        job: Job = shown
        return job

    def progress_of(self, shown: Any) -> Progress:
        """Return how far it is."""
        return Progress.of(self.job_of(shown))

    def shown_on_page(self, request: HttpRequest) -> QuerySet[Any]:
        """Return what pages may show, with all that they show of it."""
        found: QuerySet[Any] = self.get_queryset(request)
        return found

    def live_context(self, request: HttpRequest, shown: Any) -> dict[str, Any]:
        """Return what the part that changes shows."""
        job = self.job_of(shown)
        events = list(job.events.order_by("-id")[:SHOWN_EVENTS])
        return {
            "job": job,
            "shown": shown,
            "state": job.state,
            "tone": TONE_OF[job.state],
            "progress": self.progress_of(shown),
            "took": _took(job),
            "events": events,
            "more_events": len(events) == SHOWN_EVENTS,
            "pause_in_words": "",
            "buttons": buttons_for(job, timezone.now()) if self.may_steer(request) else [],
            "steer_url": self.address_of(job, "steer"),
            "may_steer": self.may_steer(request),
            "waiting": why_waiting(job, timezone.now()),
        }

    def may_steer(self, request: HttpRequest) -> bool:
        """Return whether this person may do more than look."""
        return bool(staff_of(request).has_perm("jobs.change_job"))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _shown: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _shown: Any = None) -> bool:
        return False

    def address_of(self, job: Job, what: str) -> str:
        """Return the address of one of this page's views."""
        return reverse(f"admin:{self._name}_{what}", args=[job.pk])

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:key>/live", wrap(require_safe(self.live_view)), name=f"{self._name}_live"),
            path(
                "<uuid:key>/steer", wrap(require_POST(self.steer_view)), name=f"{self._name}_steer"
            ),
        ]
        return own + list(super().get_urls())

    def find(self, request: HttpRequest, key: UUID | str) -> Any:
        """
        Return what the address means.

        :raises PermissionDenied: if this person may not look
        :raises Http404: if there is nothing that this person may see
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = self.shown_on_page(request).filter(pk=UUID(str(key))).first()
        except ValueError:
            found = None
        if found is None:
            raise Http404
        return found

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        shown = self.find(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            **self.live_context(request, shown),
            "opts": self.opts,
            "title": str(self.job_of(shown)),
            "original": shown,
            "live_template": self.live_template,
            "live_url": self.address_of(self.job_of(shown), "live"),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.page_template, context)

    def live_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Answer with the part that changes; 304 where it has not."""
        shown = self.find(request, key)
        html = render_to_string(self.live_template, self.live_context(request, shown), request)
        return live_answer(request, html, goes_on=self.job_of(shown).is_open)

    def steer_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Do what a button says, and show the page again."""
        job = self.job_of(self.find(request, key))
        if not self.may_steer(request):
            raise PermissionDenied
        following = job
        try:
            if request.POST.get("action") == "clone":
                following = self._clone(request, job)
                told = "Started a job like the other one."
            else:
                told = self._steer(request, job)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, told)
        return HttpResponseRedirect(page_of(following))

    def _steer(self, request: HttpRequest, job: Job) -> str:
        return steer(
            job=job,
            action=request.POST.get("action", ""),
            actor=staff_of(request).get_username(),
            now=timezone.now(),
            params=self.steering_params(request),
        )

    def _clone(self, request: HttpRequest, job: Job) -> Job:
        return cloner_of(job)(job=job, overrides={}, owner=staff_of(request), now=timezone.now())

    def steering_params(self, _request: HttpRequest) -> dict[str, Any]:
        """Return what the person chose beside the button."""
        return {}


def _took(job: Job) -> str:
    if job.started_at is None:
        return ""
    # Until it has ended, the last change: what does not change need not be sent again.
    return duration(((job.finished_at or job.updated_at) - job.started_at).total_seconds())

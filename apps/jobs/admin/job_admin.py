import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.accounts.staff import staff_of
from apps.core.errors import Missing
from apps.core.ids import from_public_id
from apps.core.redaction import redacted
from apps.jobs.admin.bulk_steering import BulkSteering
from apps.jobs.admin.export_page import export_urls
from apps.jobs.admin.generate_page import generate_urls
from apps.jobs.admin.job_filters import (
    EndedInFilter,
    FailureFilter,
    MessageQueueFilter,
    OwnerFilter,
    WorkerFilter,
)
from apps.jobs.admin.job_links import job_lists, jobs_url
from apps.jobs.admin.state_filter import FinishedFilter, StateFilter
from apps.jobs.live_page import LivePageAdmin
from apps.jobs.models import Job
from apps.jobs.pages import page_of
from apps.jobs.wording import TONE_OF, Progress, moment, progress_cell, state_chip

# Of a schema with 200 fields nobody reads the end on a page.
MOST_SHOWN = 20_000


@admin.register(Job)
class JobAdmin(BulkSteering, LivePageAdmin):
    """All background work, whatever its kind: how far it is, how it ended, what it went through."""

    page_template = "admin/backroom/job_page.html"
    list_display = (
        "shown_title",
        "type",
        "shown_state",
        "shown_progress",
        "shown_rate",
        "shown_left",
        "owner",
        "shown_created",
    )
    list_display_links = None
    list_filter = (
        StateFilter,
        "type",
        MessageQueueFilter,
        ("created_at", admin.DateFieldListFilter),
        FinishedFilter,
        EndedInFilter,
        FailureFilter,
        WorkerFilter,
        OwnerFilter,
    )
    list_select_related = ("owner",)
    search_fields = ("title",)
    search_help_text = "Title or id"
    list_before_template = "admin/backroom/jobs_above.html"
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-created_at", "-id")

    def get_urls(self) -> list[URLPattern]:
        own = generate_urls(self.admin_site) + export_urls(self.admin_site)
        return own + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return Job.objects.visible_to(staff_of(request)).defer(
            "params", "result_meta", "error_detail"
        )

    def shown_on_page(self, request: HttpRequest) -> QuerySet[Job]:
        return Job.objects.visible_to(staff_of(request)).select_related("owner")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        try:
            return queryset.filter(pk=from_public_id("job", search_term.strip())), False
        except Missing:
            found: tuple[QuerySet[Job], bool] = super().get_search_results(
                request, queryset, search_term
            )
            return found

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the job, on the page that its kind has announced."""
        job = self.find(request, object_id)
        if (page := page_of(job)) != self.address_of(job, "change"):
            return HttpResponseRedirect(page)
        params = json.dumps(redacted(job.params), indent=2, ensure_ascii=False)
        asked = {
            "params": params[:MOST_SHOWN],
            "params_cut": len(params) > MOST_SHOWN,
            "history_url": reverse("jobs:history", args=[job.pk]),
            "pace": 2,
        }
        return super().change_view(request, object_id, form_url, asked | (extra_context or {}))

    def live_context(self, request: HttpRequest, shown: Job) -> dict[str, Any]:
        context = super().live_context(request, shown)
        if shown.error_fingerprint:
            alike = Job.objects.visible_to(staff_of(request)).alike(shown.error_fingerprint)
            url = jobs_url(failure=shown.error_fingerprint)
            context["alike"] = {"count": alike.count(), "url": url}
        return context

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, below the lists that people ask for most."""
        chosen = {"job_lists": job_lists(request), **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, chosen)
        return answer

    @display(description="Job", ordering="title")
    def shown_title(self, job: Job) -> SafeString:
        return format_html(
            '<a class="br-link" href="{}">{}</a><span class="br-under">{}</span>',
            page_of(job),
            job.title or job.get_type_display(),
            job.public_id,
        )

    @display(description="State")
    def shown_state(self, job: Job) -> SafeString:
        return state_chip(job)

    @display(description="Progress")
    def shown_progress(self, job: Job) -> SafeString:
        return progress_cell(Progress.of(job), str(job), TONE_OF[job.state])

    @display(description="Created", ordering="created_at")
    def shown_created(self, job: Job) -> SafeString:
        return moment(job.created_at)

    @display(description="Rate", ordering="rate_per_second")
    def shown_rate(self, job: Job) -> str:
        return Progress.of(job).rate_in_words or "-"

    @display(description="Remaining")
    def shown_left(self, job: Job) -> str:
        return Progress.of(job).left_in_words or "-"

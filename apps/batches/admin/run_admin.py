from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import display

from apps.accounts.staff import staff_of
from apps.batches.admin.corrections import CorrectionsForm, take_corrections
from apps.batches.admin.links import rows_url
from apps.batches.admin.new_batch import new_batch_urls
from apps.batches.admin.run_filters import OutcomeFilter, RunStateFilter, SessionFilter
from apps.batches.admin.standing import (
    arithmetic_of,
    failures_of,
    invalid_rows,
    progress_of_run,
    scopes_of,
    segments_of,
)
from apps.batches.admin.streamed import Arrival, receives_files
from apps.batches.models import BatchRun
from apps.core.errors import Missing
from apps.core.ids import from_public_id
from apps.jobs.live_page import LivePageAdmin
from apps.jobs.models import Job
from apps.jobs.pages import announce_page
from apps.jobs.status import JobType
from apps.jobs.wording import TONE_OF, Progress, moment, progress_cell, state_chip

PAUSES = {
    "user": "somebody paused it here or through the API.",
    "session_expired": "its session has expired. Renew the session to go on.",
    "auth_failed": "the partner refused the login. Give the session new credentials.",
    "permission_denied": "the partner denied the permission. Ask the partner, then resume.",
    "egress_denied": "calls to its address are not allowed. Ask an administrator.",
}

announce_page(JobType.BATCH, "admin:batches_batchrun_change")


@admin.register(BatchRun)
class BatchRunAdmin(LivePageAdmin):
    """Workbooks on their way to partners: how far they are, what failed and why."""

    page_template = "admin/backroom/batch.html"
    live_template = "admin/backroom/batch_live.html"
    list_before_template = "admin/backroom/new_batch_button.html"
    list_display = (
        "shown_title",
        "shown_state",
        "shown_progress",
        "shown_rows",
        "shown_succeeded",
        "shown_needs_action",
        "shown_failed",
        "shown_speed",
        "shown_owner",
        "shown_created",
    )
    list_display_links = None
    list_filter = (
        RunStateFilter,
        OutcomeFilter,
        SessionFilter,
        ("job__created_at", admin.DateFieldListFilter),
    )
    search_fields = ("job__title", "upload__original_name")
    search_help_text = "Title, file or id"
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-job_id",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[BatchRun]:
        runs = BatchRun.objects.visible_to(staff_of(request))
        return runs.select_related("job__owner", "session", "upload").defer(
            "staged", "source", "job__params", "session__credentials", "session__mappings"
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BatchRun], search_term: str
    ) -> tuple[QuerySet[BatchRun], bool]:
        try:
            return queryset.filter(pk=from_public_id("job", search_term.strip())), False
        except Missing:
            found: tuple[QuerySet[BatchRun], bool] = super().get_search_results(
                request, queryset, search_term
            )
            return found

    def get_urls(self) -> list[URLPattern]:
        correct = self.admin_site.admin_view(require_POST(receives_files(self.correct_view)))
        own = path("<uuid:key>/correct", correct, name="batches_batchrun_correct")
        return [*new_batch_urls(self.admin_site, self.opts), own, *super().get_urls()]

    def correct_view(self, request: HttpRequest, arrival: Arrival, key: UUID) -> HttpResponse:
        """Take the corrected workbook back, and say what became of it."""
        run = self.find(request, key)
        if not self.may_steer(request):
            raise PermissionDenied
        take_corrections(request, arrival, run)
        return HttpResponseRedirect(self.address_of(run.job, "change"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(staff_of(request).has_perm("batches.add_batchrun"))

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:batches_batchrun_new"))

    def job_of(self, shown: BatchRun) -> Job:
        return shown.job

    def progress_of(self, shown: BatchRun) -> Progress:
        return progress_of_run(shown)

    def live_context(self, request: HttpRequest, shown: BatchRun) -> dict[str, Any]:
        groups, others = failures_of(shown)
        context = super().live_context(request, shown)
        may_steer = context["may_steer"]
        # Retrying is its own form here: it asks which rows.
        context["buttons"] = [each for each in context["buttons"] if each.action != "retry"]
        return {
            **context,
            "run": shown,
            "segments": segments_of(shown),
            "arithmetic": arithmetic_of(shown),
            "failed_so_far": shown.needs_action + shown.failed + shown.unknown,
            "groups": groups,
            "other_failures": others,
            "failures_url": rows_url(shown, state="unsuccessful"),
            "rows_url": rows_url(shown),
            "scopes": scopes_of(shown) if may_steer else [],
            "pause_in_words": PAUSES.get(shown.job.pause_reason, shown.job.pause_reason),
            "export_url": f"/api/jobs/{shown.job.public_id}/records/export",
            "corrected_url": f"/api/jobs/{shown.job.public_id}/corrected.xlsx",
            "corrections_url": self._corrections_url(shown) if may_steer else "",
            "corrections_form": CorrectionsForm(),
            "invalid_rows": 0 if shown.job.is_open else invalid_rows(shown),
        }

    def _corrections_url(self, run: BatchRun) -> str:
        return "" if run.job.is_open else self.address_of(run.job, "correct")

    def steering_params(self, request: HttpRequest) -> dict[str, Any]:
        return {"scope": request.POST["scope"]} if "scope" in request.POST else {}

    @display(description="Batch", ordering="job__title")
    def shown_title(self, run: BatchRun) -> SafeString:
        return format_html(
            '<a class="br-link" href="{}">{}</a><span class="br-under">{}</span>',
            reverse("admin:batches_batchrun_change", args=[run.pk]),
            run.job.title or run.job.public_id,
            run.job.public_id,
        )

    @display(description="State")
    def shown_state(self, run: BatchRun) -> SafeString:
        return state_chip(run.job)

    @display(description="Progress")
    def shown_progress(self, run: BatchRun) -> SafeString:
        return progress_cell(progress_of_run(run), str(run.job), TONE_OF[run.job.state])

    @display(description="Rows", ordering="total")
    def shown_rows(self, run: BatchRun) -> SafeString:
        return _number(run.total, rows_url(run), "rows")

    @display(description="Succeeded", ordering="succeeded")
    def shown_succeeded(self, run: BatchRun) -> SafeString:
        return _number(run.succeeded, rows_url(run, state="succeeded"), "succeeded rows")

    @display(description="Need action", ordering="needs_action")
    def shown_needs_action(self, run: BatchRun) -> SafeString:
        return _number(run.needs_action, rows_url(run, state="needsAction"), "rows to correct")

    @display(description="Failed", ordering="failed")
    def shown_failed(self, run: BatchRun) -> SafeString:
        return _number(run.failed, rows_url(run, state="failed"), "failed rows")

    @display(description="Rate")
    def shown_speed(self, run: BatchRun) -> str:
        progress = progress_of_run(run)
        return ", ".join(filter(None, (progress.rate_in_words, progress.left_in_words))) or "-"

    @display(description="Owner", ordering="job__owner__username")
    def shown_owner(self, run: BatchRun) -> str:
        return str(run.job.owner)

    @display(description="Created", ordering="job__created_at")
    def shown_created(self, run: BatchRun) -> SafeString:
        return moment(run.job.created_at)


def _number(count: int, url: str, what: str) -> SafeString:
    if not count:
        return format_html('<span class="br-number br-zero">{}</span>', 0)
    shown = f"{count:,}"
    return format_html(
        '<a class="br-number br-link" href="{}" aria-label="{} {}">{}</a>', url, shown, what, shown
    )

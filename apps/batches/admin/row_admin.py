from typing import Any

import orjson
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.accounts.staff import staff_of
from apps.batches.admin.capped_paginator import CappedPaginator
from apps.batches.admin.row_filters import (
    BatchFilter,
    CategoryFilter,
    MessageFilter,
    MovedFilter,
    RowStateFilter,
    StatusCodeFilter,
)
from apps.batches.admin.row_story import attempts_of, key_of
from apps.batches.admin.standing import TONES
from apps.batches.answers import json_or_text
from apps.batches.masked_request import masked_curl
from apps.batches.models import BatchRow, BatchRun
from apps.batches.status import Category, RowState
from apps.core.errors import Missing
from apps.core.ids import from_public_id
from apps.core.redaction import redacted
from apps.jobs.wording import chip, moment

HEAVY = ("payload", "fingerprint", "issues", "hint", "run__staged", "run__source")


@admin.register(BatchRow)
class BatchRowAdmin(ModelAdmin):  # type: ignore[misc]
    """The rows of every batch, and all that is known of each; nothing is changed here."""

    list_display = (
        "shown_row",
        "shown_batch",
        "shown_state",
        "status_code",
        "shown_category",
        "shown_message",
        "attempts",
        "shown_moment",
    )
    list_display_links = None
    list_filter = (
        BatchFilter,
        RowStateFilter,
        CategoryFilter,
        StatusCodeFilter,
        MovedFilter,
        MessageFilter,
    )
    search_fields = ("key", "member")
    search_help_text = "A row's key or member, or the id of a batch"
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    ordering = ("-run_id", "seq")
    sortable_by = ()
    actions = None

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _row: BatchRow | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _row: BatchRow | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[BatchRow]:
        runs = BatchRun.objects.visible_to(staff_of(request)).order_by()
        rows = BatchRow.objects.filter(run__in=runs)
        return rows.select_related("run__job").defer(*HEAVY)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Leave out the batch where there is only one."""
        one_batch = BatchFilter.parameter_name in request.GET
        return [name for name in self.list_display if not (one_batch and name == "shown_batch")]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BatchRow], search_term: str
    ) -> tuple[QuerySet[BatchRow], bool]:
        text = search_term.strip()
        try:
            return queryset.filter(run_id=from_public_id("job", text)), False
        except Missing:
            # Exactly, as the index has it: a search inside texts would read the whole ledger.
            wanted = Q(key=text) | Q(member=text) if text else Q()
            return queryset.filter(wanted), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self._find(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row).capitalize(),
            "original": row,
            "row": row,
            "run": row.run,
            "tone": TONES[RowState(row.state)],
            "state_label": row.get_state_display(),
            "category_label": _category(row),
            "payload": _pretty(json_or_text(row.payload)),
            "attempts": attempts_of(row),
            "curl": self._curl(row),
            "before": self._beside(row, -1),
            "after": self._beside(row, 1),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/backroom/row.html", context)

    def _find(self, request: HttpRequest, key: str) -> BatchRow:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = BatchRow.objects.filter(run__in=BatchRun.objects.visible_to(staff_of(request)))
        found = rows.select_related("run__job", "run__session").filter(pk=key)
        row = found.first() if key.isdigit() and len(key) < 19 else None
        if row is None:
            raise Http404
        return row

    def _beside(self, row: BatchRow, step: int) -> str:
        keys = BatchRow.objects.filter(run_id=row.run_id, seq=row.seq + step)
        key = keys.values_list("pk", flat=True).first()
        return reverse("admin:batches_batchrow_change", args=[key]) if key else ""

    def _curl(self, row: BatchRow) -> str:
        body = orjson.dumps(redacted(json_or_text(row.payload))).decode()
        return masked_curl(row.run.session, body=body, key=key_of(row))

    @display(description="Row")
    def shown_row(self, row: BatchRow) -> SafeString:
        return format_html(
            '<a class="br-link" href="{}">{}</a><span class="br-under">Row {}</span>',
            reverse("admin:batches_batchrow_change", args=[row.pk]),
            row.key or f"No. {row.seq}",
            row.row or row.seq,
        )

    @display(description="Batch")
    def shown_batch(self, row: BatchRow) -> SafeString:
        address = reverse("admin:batches_batchrun_change", args=[row.run_id])
        return format_html(
            '<a class="br-link br-short" href="{}">{}</a>', address, row.run.job.title
        )

    @display(description="State")
    def shown_state(self, row: BatchRow) -> SafeString:
        return chip(row.get_state_display(), TONES[RowState(row.state)])

    @display(description="Settled")
    def shown_moment(self, row: BatchRow) -> SafeString:
        return moment(row.updated_at)

    @display(description="Category")
    def shown_category(self, row: BatchRow) -> SafeString:
        return format_html('<span class="br-nowrap">{}</span>', _category(row) or "-")

    @display(description="Message")
    def shown_message(self, row: BatchRow) -> SafeString:
        return format_html('<span class="br-message">{}</span>', row.message or "-")


def _category(row: BatchRow) -> str:
    name = row.category or ""
    return str(Category(name).label) if name in Category.values else name


def _pretty(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(redacted(value), option=orjson.OPT_INDENT_2).decode()

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from apps.core.outbox import enqueue
from apps.jobs.wording import chip, moment
from apps.orders.admin.wording import mail_chip
from apps.orders.models import DigestMail, DigestRun
from apps.orders.status import DigestStatus, MailState

RUN_TONES = {
    DigestStatus.STARTED: "active",
    DigestStatus.SENT: "good",
    DigestStatus.FAILED: "bad",
    DigestStatus.EMPTY: "neutral",
}


class DigestMailInline(TabularInline):  # type: ignore[misc]
    """What became of each mail of the day."""

    model = DigestMail
    fields = ("email", "shown_state", "attempts", "tried_at", "sent_at", "error")
    readonly_fields = fields
    extra = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, _request: HttpRequest, _run: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _run: Any = None) -> bool:
        return False

    @display(description="State")
    def shown_state(self, mail: DigestMail) -> SafeString:
        return mail_chip(MailState(mail.state))


@admin.register(DigestRun)
class DigestRunAdmin(ModelAdmin):  # type: ignore[misc]
    """Whether the digest went out, day by day; the page of a day shows each mail."""

    list_display = ("digest_date", "shown_status", "mails", "due_orders", "shown_sent", "error")
    list_filter = ("status",)
    date_hierarchy = "digest_date"
    ordering = ("-digest_date",)
    actions = ("send_missing", "send_unknown")
    inlines = (DigestMailInline,)
    fields = ("digest_date", "shown_status", "due_orders", "started_at", "sent_at", "error")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _run: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, run: Any = None) -> bool:
        """Let the list's actions through; a day is only looked at."""
        return run is None and super().has_change_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DigestRun]:
        runs: QuerySet[DigestRun] = super().get_queryset(request)
        sent = Count("mails", filter=Q(mails__state=MailState.SENT))
        return runs.annotate(all_mails=Count("mails"), sent_mails=sent)

    @display(description="State", ordering="status")
    def shown_status(self, run: DigestRun) -> SafeString:
        status = DigestStatus(run.status)
        return chip(status.label, RUN_TONES[status])

    @display(description="Mails sent")
    def mails(self, run: Any) -> str:
        return f"{run.sent_mails} of {run.all_mails}"

    @display(description="Orders due")
    def due_orders(self, run: DigestRun) -> str:
        counts = run.order_counts or {}
        total = sum(counts.values())
        return f"{total}, {counts['overdue']} overdue" if total else "-"

    @display(description="Finished", ordering="sent_at")
    def shown_sent(self, run: DigestRun) -> SafeString | str:
        return moment(run.sent_at) if run.sent_at else "-"

    @admin.action(description="Send what is missing", permissions=["change"])
    def send_missing(self, request: HttpRequest, queryset: QuerySet[DigestRun]) -> None:
        self._send(request, queryset, also_unknown=False)

    @admin.action(
        description="Send what is missing, and again what may have arrived", permissions=["change"]
    )
    def send_unknown(self, request: HttpRequest, queryset: QuerySet[DigestRun]) -> None:
        self._send(request, queryset, also_unknown=True)

    def _send(self, request: HttpRequest, runs: QuerySet[DigestRun], *, also_unknown: bool) -> None:
        unsent = list(runs.exclude(status=DigestStatus.SENT))
        for run in unsent:
            enqueue("orders.send_digest", day=f"{run.digest_date}", also_unknown=also_unknown)
        if unsent:
            days = ", ".join(map(str, unsent))
            self.message_user(request, f"Being sent: {days}. Reload to see how it goes.")
        else:
            self.message_user(request, "All mails of these days were sent.", messages.WARNING)

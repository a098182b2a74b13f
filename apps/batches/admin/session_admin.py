from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.accounts.staff import staff_of
from apps.batches.admin.links import runs_url
from apps.batches.admin.session_form import SessionForm
from apps.batches.models import BatchSession
from apps.batches.services.close_session import close_session
from apps.core.errors import DomainError
from apps.jobs.wording import chip, duration

SOON = 24 * 3600


class LifeFilter(admin.SimpleListFilter):
    """Sessions by which rows can still be sent, and those by which they cannot."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("usable", "Usable"), ("expired", "Expired")]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[BatchSession]
    ) -> QuerySet[BatchSession]:
        now = timezone.now()
        if self.value() == "usable":
            return queryset.filter(expires_at__gt=now)
        return queryset.filter(expires_at__lte=now) if self.value() == "expired" else queryset


@admin.register(BatchSession)
class BatchSessionAdmin(ModelAdmin):  # type: ignore[misc]
    """Where rows are sent and as whom; secrets go in here, and never come out."""

    form = SessionForm
    list_display = (
        "shown_name",
        "shown_host",
        "auth_type",
        "shown_life",
        "shown_jobs",
        "shown_errors",
        "owner",
        "created_at",
    )
    list_display_links = None
    list_filter = (LifeFilter, "auth_type", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "api_url")
    search_help_text = "Name or address"
    show_full_result_count = False
    actions = ("close",)
    change_form_outer_after_template = "admin/backroom/session_after.html"
    conditional_fields = {
        "user_id": "auth_type == 'basic'",
        "api_key": "auth_type == 'basic'",
        "token": "auth_type == 'bearer'",
        "header_name": "auth_type == 'apiKey'",
        "header_value": "auth_type == 'apiKey'",
    }

    def get_fieldsets(self, _request: HttpRequest, obj: Any = None) -> Any:
        resume = ("resume_jobs",) if obj else ()
        secrets = ("user_id", "api_key", "token", "header_name", "header_value")
        rows = ("required_fields", "key_field", "idempotency_header")
        pace = ("requests_per_minute", "max_concurrent", "min_interval_ms", "timeout_ms")
        doubt = ("retry_ambiguous", "pause_on_permission_denied")
        return (
            (None, {"fields": ("name", "api_url", "method", "days", *resume)}),
            ("Login", {"fields": ("auth_type", *secrets)}),
            ("Rows", {"fields": rows}),
            ("Pace", {"fields": pace}),
            ("When something goes wrong", {"fields": doubt}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[BatchSession]:
        return BatchSession.objects.visible_to(staff_of(request)).with_job_counts()

    def has_delete_permission(self, _request: HttpRequest, _session: Any = None) -> bool:
        return False  # closing keeps the history

    def save_form(self, _request: HttpRequest, form: SessionForm, change: bool) -> BatchSession:
        unsaved: BatchSession = form.instance
        return unsaved

    def save_model(
        self, request: HttpRequest, obj: BatchSession, form: SessionForm, change: bool
    ) -> None:
        """Let the service store it; what Django goes on with is the stored session."""
        stored = form.store(owner=staff_of(request), actor=staff_of(request).get_username())
        obj.__dict__.update(stored.__dict__)

    def save_related(self, *_args: Any) -> None:
        """There is nothing related in this form."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def get_urls(self) -> list[URLPattern]:
        close = self.admin_site.admin_view(require_POST(self.close_view))
        own = path("<uuid:key>/close", close, name="batches_batchsession_close")
        return [own, *super().get_urls()]

    def close_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Close one session from its own page."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        session = BatchSession.objects.visible_to(staff_of(request)).filter(pk=key).first()
        if session is None:
            raise Http404
        self._close([session], request)
        return HttpResponseRedirect(reverse("admin:batches_batchsession_changelist"))

    @action(description="Close: erase credentials, cancel open batches", permissions=["change"])
    def close(self, request: HttpRequest, sessions: QuerySet[BatchSession]) -> None:
        self._close(list(sessions), request)

    def _close(self, sessions: list[BatchSession], request: HttpRequest) -> None:
        for session in sessions:
            close_session(
                session=session, actor=staff_of(request).get_username(), now=timezone.now()
            )
        names = ", ".join(str(session) for session in sessions)
        messages.success(request, f"Closed: {names}.")

    @display(description="Session", ordering="name")
    def shown_name(self, session: BatchSession) -> SafeString:
        address = reverse("admin:batches_batchsession_change", args=[session.pk])
        return format_html('<a class="br-link" href="{}">{}</a>', address, session)

    @display(description="Host", ordering="api_url")
    def shown_host(self, session: BatchSession) -> str:
        return session.host

    @display(description="Expires in", ordering="expires_at")
    def shown_life(self, session: BatchSession) -> SafeString:
        left = (session.expires_at - timezone.now()).total_seconds()
        if left <= 0:
            return chip("Expired", "bad")
        return chip(duration(left), "mixed" if left < SOON else "good")

    @display(description="Batches")
    def shown_jobs(self, session: BatchSession) -> SafeString:
        return _count(session.job_count, runs_url(session=session.pk), "batches")  # type: ignore[attr-defined]

    @display(description="Open errors")
    def shown_errors(self, session: BatchSession) -> SafeString:
        url = runs_url(session=session.pk, outcome="attention")
        return _count(session.open_errors, url, "rows to correct")  # type: ignore[attr-defined]


def _count(count: int, url: str, what: str) -> SafeString:
    if not count:
        return format_html('<span class="br-number br-zero">{}</span>', 0)
    return format_html(
        '<a class="br-number br-link" href="{}" aria-label="{} {}">{}</a>', url, count, what, count
    )

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.accounts.staff import staff_of
from apps.feedback.admin.export import COLUMNS, rows_of
from apps.feedback.admin.feedback_form import FeedbackForm
from apps.feedback.admin.figures_page import FiguresPage
from apps.feedback.admin.filters import AnsweredFilter, GivenFilter
from apps.feedback.admin.link_panel import LinkPanel, link_panel
from apps.feedback.admin.queue_page import QueuePage
from apps.feedback.admin.told_form import ToldForm
from apps.feedback.admin.told_page import ToldPage
from apps.feedback.admin.wording import order_link, stars, visibility_chip
from apps.feedback.models import Feedback
from apps.feedback.services.update_feedback import update_feedback
from apps.feedback.story import story_of
from apps.jobs.wording import chip, duration, moment
from apps.orders.panels import add_panel
from apps.orders.sheets import sheet_answer

add_panel(link_panel)


@admin.register(Feedback)
class FeedbackAdmin(QueuePage, FiguresPage, ToldPage, LinkPanel):
    """What customers say: answered, shown or hidden, exported, with everything that was done."""

    form = FeedbackForm
    list_before_template = "admin/backroom/feedback_above.html"
    change_form_outer_before_template = "admin/backroom/feedback_head.html"
    change_form_outer_after_template = "admin/backroom/feedback_after.html"
    list_display = (
        "shown_rating",
        "shown_order",
        "shown_comment",
        "shown_reply",
        "shown_visibility",
        "shown_given",
    )
    list_display_links = ("shown_rating", "shown_comment")
    list_filter = (AnsweredFilter, "rating", "is_public", GivenFilter)
    list_filter_submit = True
    list_select_related = ("order",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("order__code", "order__customer_name", "order__customer_id", "comment")
    search_help_text = "Order, customer or a word of the comment"
    ordering = ("-created_at", "-id")
    actions = ("show_publicly", "hide")

    def has_delete_permission(self, _request: HttpRequest, _feedback: Any = None) -> bool:
        return False

    def get_fieldsets(self, _request: HttpRequest, obj: Any = None) -> Any:
        form, title = (FeedbackForm, "Reply") if obj else (ToldForm, "What the customer said")
        return ((title, {"fields": form.Meta.fields}),)

    def save_model(self, request: HttpRequest, feedback: Any, form: Any, change: bool) -> None:
        stored = form.store(staff_of(request), timezone.now())
        if not change:
            feedback.pk = stored.pk

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        own = path("export.<str:kind>", export, name="feedback_feedback_export")
        return [own, *super().get_urls()]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Send the feedback that the list shows with this query string, all pages of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in ("csv", "xlsx"):
            raise Http404
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:  # the list says what it thinks of them
            url = reverse("admin:feedback_feedback_changelist")
            return HttpResponseRedirect(f"{url}?{request.GET.urlencode()}")
        return sheet_answer(kind, "Feedback", COLUMNS, rows_of(listed))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        feedback = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if feedback:
            shown = {
                "chapters": story_of(feedback),
                "stars": stars(feedback.rating),
                "visibility": visibility_chip(feedback),
                "reply_time": _reply_time(feedback),
                "panel": link_panel(request, feedback.order, on_feedback=True),
            }
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**shown, **(extra_context or {})}
        )
        return answer

    @admin.action(description="Show publicly", permissions=["change"])
    def show_publicly(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        self._switch(request, queryset.filter(is_public=False), is_public=True)

    @admin.action(description="Hide", permissions=["change"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        self._switch(request, queryset.filter(is_public=True), is_public=False)

    def _switch(
        self, request: HttpRequest, feedbacks: QuerySet[Feedback], *, is_public: bool
    ) -> None:
        keys, now = list(feedbacks.values_list("pk", flat=True)), timezone.now()
        for key in keys:
            update_feedback(
                feedback_id=key, sent={"isPublic": is_public}, by=staff_of(request), now=now
            )
        word = "public" if is_public else "private"
        self.message_user(request, f"{len(keys)} made {word}.", messages.SUCCESS)

    @display(description="Rating", ordering="rating")
    def shown_rating(self, feedback: Feedback) -> SafeString:
        return stars(feedback.rating)

    @display(description="Order", ordering="order__code")
    def shown_order(self, feedback: Feedback) -> SafeString:
        return order_link(feedback)

    @display(description="Comment")
    def shown_comment(self, feedback: Feedback) -> str:
        text = " ".join((feedback.comment or "").split())
        return f"{text[:79]}…" if len(text) > 80 else text or "-"

    @display(description="Reply", ordering="responded_at")
    def shown_reply(self, feedback: Feedback) -> SafeString:
        taken = _reply_time(feedback)
        return chip(f"After {taken}", "good") if taken else chip("Waiting", "waiting")

    @display(description="Shown", ordering="is_public")
    def shown_visibility(self, feedback: Feedback) -> SafeString:
        return visibility_chip(feedback)

    @display(description="Given", ordering="created_at")
    def shown_given(self, feedback: Feedback) -> SafeString:
        return moment(feedback.created_at)


def _reply_time(feedback: Feedback) -> str:
    if feedback.responded_at is None:
        return ""
    return duration((feedback.responded_at - feedback.created_at).total_seconds())

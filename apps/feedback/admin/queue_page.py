from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods
from unfold.admin import ModelAdmin

from apps.accounts.staff import staff_of
from apps.core.errors import DomainError
from apps.feedback.admin.wording import order_link, stars
from apps.feedback.models import Feedback, ReplyTemplate
from apps.feedback.models.feedback import LONGEST_TEXT
from apps.feedback.replies import fill_in
from apps.feedback.services.reply_to_feedback import reply_to_feedback
from apps.jobs.wording import duration

AT_ONCE = 10
SORTS = {
    "oldest": ("Oldest first", ("created_at", "id")),
    "lowest": ("Lowest rating first", ("rating", "created_at", "id")),
}


class Card(NamedTuple):
    """A feedback that waits for a reply, and the form for it."""

    feedback: Feedback
    stars: SafeString
    order: SafeString
    waits: str
    templates: list[tuple[int, str, str]]
    draft: str
    is_public: bool
    error: str


class QueuePage(ModelAdmin):  # type: ignore[misc]
    """Feedback that nobody has replied to: `feedback/feedback/queue`."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.queue))
        return [path("queue", view, name="feedback_feedback_queue"), *super().get_urls()]

    def queue(self, request: HttpRequest) -> HttpResponse:
        """Show what waits; a reply that is accepted leads on to the rest."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request)
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self._use_template(request) if "use" in request.POST else self._reply(request)

    def _reply(self, request: HttpRequest) -> HttpResponse:
        key = _key(request, "feedback")
        is_public = "is_public" in request.POST
        try:
            feedback = reply_to_feedback(
                feedback_id=key,
                text=_text(request),
                is_public=is_public,
                by=staff_of(request),
                now=timezone.now(),
            )
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return self._page(request, key, _text(request), str(error), status=422)
        shown = "shown publicly" if is_public else "not shown publicly"
        self.message_user(request, f"Replied to {feedback.order.code}; it is {shown}.")
        return HttpResponseRedirect(_address(_sort(request)))

    def _use_template(self, request: HttpRequest) -> HttpResponse:
        """Put a template into the form, where no script could do it."""
        key = _key(request, "feedback")
        feedback = Feedback.objects.select_related("order").filter(pk=key).first()
        template = ReplyTemplate.objects.filter(pk=_key(request, "template")).first()
        draft = fill_in(template.text, feedback) if template and feedback else _text(request)
        return self._page(request, key, draft)

    def _page(
        self,
        request: HttpRequest,
        key: int = 0,
        draft: str = "",
        error: str = "",
        status: int = 200,
    ) -> HttpResponse:
        sort, now = _sort(request), timezone.now()
        waiting = Feedback.objects.unanswered().select_related("order").order_by(*SORTS[sort][1])
        templates = list(ReplyTemplate.objects.all())
        shown, total = list(waiting[:AT_ONCE]), waiting.count()
        cards = [_card(each, templates, now) for each in shown]
        is_public = "is_public" in request.POST
        cards = [
            card._replace(draft=draft, error=error, is_public=is_public)
            if card.feedback.pk == key
            else card
            for card in cards
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "Feedback to answer",
            "cards": cards,
            "waiting": total,
            "more": total - len(shown),
            "sort": sort,
            "sorts": [(title, _address(name), name == sort) for name, (title, _) in SORTS.items()],
            "longest": LONGEST_TEXT,
            "may_reply": self.has_change_permission(request),
        }
        request.current_app = self.admin_site.name
        template = "admin/backroom/feedback_queue.html"
        return TemplateResponse(request, template, context, status=status)


def _card(feedback: Feedback, templates: list[ReplyTemplate], now: datetime) -> Card:
    return Card(
        feedback=feedback,
        stars=stars(feedback.rating),
        order=order_link(feedback),
        waits=duration((now - feedback.created_at).total_seconds()),
        templates=[(each.pk, each.name, fill_in(each.text, feedback)) for each in templates],
        draft="",
        is_public=feedback.is_public,
        error="",
    )


def _sort(request: HttpRequest) -> str:
    asked = request.GET.get("sort", "")
    return asked if asked in SORTS else "oldest"


def _address(sort: str) -> str:
    return f"{reverse('admin:feedback_feedback_queue')}?{urlencode({'sort': sort})}"


def _key(request: HttpRequest, name: str) -> int:
    """Return the number that was posted; what is none is nobody's."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _text(request: HttpRequest) -> str:
    # Browsers send every line break as two characters, and count it as one.
    return request.POST.get("reply", "").replace("\r\n", "\n")

"""The customer's link on the page of an order: issued, copied, revoked, with what became of it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.core.errors import DomainError
from apps.core.times import iso
from apps.feedback.admin.wording import link_chip, mail_chip
from apps.feedback.links import link_address
from apps.feedback.models import CustomerMail, Feedback, FeedbackToken
from apps.feedback.services.issue_token import IssuedToken, issue_token
from apps.feedback.services.request_feedback import address_to_invite, request_feedback
from apps.feedback.services.revoke_links import revoke_links
from apps.feedback.status import LinkState
from apps.orders.models import Order
from apps.orders.status import OrderStatus


def link_panel(request: HttpRequest, order: Order, *, on_feedback: bool = False) -> SafeString:
    """
    Return the panel; the secret itself is never part of a page that is only looked at.

    :param on_feedback: the page is that of the order's feedback, where only links are news
    """
    now = timezone.now()
    links = list(FeedbackToken.objects.filter(order=order).order_by("-created_at", "-pk"))
    told = [(link, link_chip(link.state_at(now))) for link in links]
    feedback = Feedback.objects.filter(order=order).first()
    mails = list(CustomerMail.objects.filter(order=order).order_by("created_at", "pk"))
    context = {
        "order": order,
        "mails": [(mail, mail_chip(mail)) for mail in mails],
        # A link in a mail needs to know where we are; there is one invitation for an order.
        "invited": address_to_invite(order) if settings.PUBLIC_URL and not mails else None,
        "on_feedback": on_feedback,
        "links": told,
        "latest": told[0] if told else None,
        "is_live": bool(links) and links[0].state_at(now) == LinkState.LIVE,
        "feedback": feedback,
        "may_issue": order.status == OrderStatus.COMPLETED and feedback is None,
        "may_act": request.user.has_perm("feedback.change_feedback"),
        "may_write": request.user.has_perm("feedback.add_feedback"),
    }
    return render_to_string("admin/backroom/feedback_link.html", context, request)


class LinkPanel(ModelAdmin):  # type: ignore[misc]
    """What the panel's buttons do: `feedback/feedback/link/{order}`."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(require_POST(self.link_view)))
        own = path("link/<int:order_id>", view, name="feedback_feedback_link")
        return [own, *super().get_urls()]

    def link_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Issue the order's link, or revoke it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        now = timezone.now()
        try:
            if "revoke" in request.POST:
                self._tell_revoked(request, revoke_links(order_id=order_id, now=now))
                return _back(order_id)
            if "invite" in request.POST:
                order = Order.objects.filter(pk=order_id).first()
                self._tell_invited(request, _invite(order, now) if order else None)
                return _back(order_id)
            return self._issued(request, issue_token(order_id=order_id, now=now))
        except DomainError as error:
            if _wants_json(request):
                return JsonResponse({"message": str(error)}, status=409)
            self.message_user(request, str(error), messages.ERROR)
            return _back(order_id)

    def _tell_revoked(self, request: HttpRequest, count: int) -> None:
        if count:
            self.message_user(request, "The link is revoked: whoever opens it is told so.")
        else:
            self.message_user(request, "There was no open link.", messages.WARNING)

    def _tell_invited(self, request: HttpRequest, mail: CustomerMail | None) -> None:
        if mail:
            self.message_user(request, f"An invitation to {mail.email} is on its way.")
        else:
            self.message_user(request, "No invitation was sent.", messages.WARNING)

    def _issued(self, request: HttpRequest, issued: IssuedToken) -> HttpResponse:
        address = link_address(issued.token, request.build_absolute_uri("/"))
        if _wants_json(request):
            return JsonResponse({"address": address, "expiresAt": iso(issued.expires_at)})
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "The customer's link",
            "address": address,
            "expires_at": issued.expires_at,
            "order": Order.objects.get(pk=issued.order_id),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/backroom/feedback_link_page.html", context)


def _invite(order: Order, now: datetime) -> CustomerMail | None:
    is_open = order.status == OrderStatus.COMPLETED and settings.PUBLIC_URL
    return request_feedback(order=order, now=now, is_asked_for=True) if is_open else None


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _back(order_id: int) -> HttpResponse:
    if not Order.objects.filter(pk=order_id).exists():
        return HttpResponseRedirect(reverse("admin:orders_order_changelist"))
    return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order_id]))

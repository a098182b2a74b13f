"""The page behind a secret link: looking never uses the link up, sending does."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import DomainError, TooMany
from apps.feedback import guard
from apps.feedback.closed_pages import closed_page, is_over, too_many
from apps.feedback.forms import AnswerForm, counter_sentences
from apps.feedback.links import address_in
from apps.feedback.models import FeedbackToken
from apps.feedback.models.feedback import LONGEST_TEXT
from apps.feedback.pages import customers_page, page
from apps.feedback.services.find_link import find_link
from apps.feedback.services.submit_feedback import submit_feedback
from apps.feedback.services.unsubscribe import unsubscribe


@require_safe
@customers_page
def arrive(request: HttpRequest) -> HttpResponseBase:
    """Take a link of the older form, `?token=`, to its page."""
    token = request.GET.get("token", "")
    if not token.isalnum():
        return closed_page(request, None)
    return redirect("feedback:page", token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@customers_page
def feedback_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form, or keep what was sent with it."""
    now, link = timezone.now(), find_link(token)
    try:
        if link is None:
            guard.charge_miss(request)
            return closed_page(request, None)
        if request.method != "POST":
            return closed_page(request, link) if is_over(link, now) else _form(request, link, now)
        return _sent(request, link, token, now)
    except TooMany as error:
        return too_many(request, error)


@require_safe
@customers_page
def thanks(request: HttpRequest) -> HttpResponse:
    """Thank for feedback that was kept."""
    return page(request, "thanks", {})


def _sent(request: HttpRequest, link: FeedbackToken, token: str, now: datetime) -> HttpResponse:
    if is_over(link, now):
        return closed_page(request, link, is_sent=True)
    form = AnswerForm.sent(request.POST.dict())
    # Who has to look at the answers anyway is not told about programs.
    complaint = "" if form.complaints else _suspicion(request, link, now)
    if complaint or form.complaints:
        # Only what is not kept is counted: whatever programs have sent, a person's answer is kept.
        guard.charge_link(link)
        return _form(request, link, now, form, complaint)
    try:
        submit_feedback(token=token, sent=form.answer, now=now)
    except DomainError:  # somebody was faster, or the link was revoked this moment
        return closed_page(request, link, is_sent=True)
    chosen = f"?lang={translation.get_language()}" if "lang" in request.GET else ""
    response = redirect(reverse("feedback:thanks") + chosen)
    response.status_code = 303
    return response


def _suspicion(request: HttpRequest, link: FeedbackToken, now: datetime) -> str:
    """Return what to say to somebody who acts like a program: a person just sends again."""
    if request.POST.get(guard.TRAP):
        return _("Something filled in a hidden field. Please send your answers once more.")
    stamped = request.POST.get(guard.STAMP, "")
    match guard.was_shown_long_enough(link, stamped, now):
        case None:
            return _("Please send your answers once more.")
        case False:
            return _("That was very quick. Please look once more, and send again.")
        case _:
            return ""


def _form(
    request: HttpRequest,
    link: FeedbackToken,
    now: datetime,
    form: AnswerForm | None = None,
    complaint: str = "",
) -> HttpResponse:
    complaints = form.complaints if form else {}
    form = form or AnswerForm()
    known = request.POST.get(guard.STAMP, "")
    is_ours = guard.was_shown_long_enough(link, known, now) is not None
    lines = list(link.order.items.all())
    context = {
        "order": link.order,
        # Names are of any script, whatever the language of the sentence around them.
        "name": format_html("<bdi>{}</bdi>", link.order.customer_name),
        "first_line": lines[0] if lines else None,
        "more_lines": len(lines) - 1,
        "questions": form.questions(complaints),
        "comment": form.comment,
        "comment_complaint": complaints.get("comment", ""),
        "complaint": complaint,
        "has_complaints": bool(complaint or complaints),
        # Who is asked to send again need not wait again.
        "stamp": known if is_ours else guard.stamp(link, now),
        "trap": guard.TRAP,
        "most": LONGEST_TEXT,
        "counter": counter_sentences(),
        # Names the draft in the browser's storage; it opens nothing.
        "draft": bytes(link.digest).hex()[:16],
    }
    return page(request, "form", context, 422 if context["has_complaints"] else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@customers_page
def unsubscribe_page(request: HttpRequest, code: str) -> HttpResponse:
    """Ask, because programs follow links; take the address off the list when it is sent."""
    email = address_in(code)
    if email is None:
        try:
            guard.charge_miss(request)
        except TooMany as error:
            return too_many(request, error)
        return closed_page(request, None)
    if request.method == "POST":
        unsubscribe(email=email, now=timezone.now())
    return page(request, "unsubscribe", {"is_done": request.method == "POST"})

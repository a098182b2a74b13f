"""Ratings and links as staff see them; stars and colours only repeat what the words say."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.feedback.models import CustomerMail, Feedback
from apps.feedback.models.feedback import HIGHEST
from apps.feedback.status import LinkState, MailState
from apps.jobs.wording import chip

RATING_TONES = {5: "good", 4: "good", 3: "mixed", 2: "bad", 1: "bad"}
LINK_TONES = {
    LinkState.LIVE: "good",
    LinkState.USED: "active",
    LinkState.REVOKED: "neutral",
    LinkState.EXPIRED: "waiting",
}

MAIL_TONES = {
    MailState.QUEUED: "waiting",
    MailState.SENDING: "active",
    MailState.SENT: "good",
    MailState.DROPPED: "neutral",
    MailState.REFUSED: "bad",
    MailState.UNKNOWN: "mixed",
}


def stars(rating: int) -> SafeString:
    """Return the stars, which a screen reader hears as a number."""
    return format_html(
        '<span class="br-stars br-{}"><span aria-hidden="true">{}{}</span>'
        '<span class="br-sr">{} of {}</span></span>',
        RATING_TONES[rating],
        "★" * rating,
        "☆" * (HIGHEST - rating),
        rating,
        HIGHEST,
    )


def visibility_chip(feedback: Feedback) -> SafeString:
    """Return who may see it."""
    return chip("Public", "active") if feedback.is_public else chip("Private", "neutral")


def link_chip(state: LinkState) -> SafeString:
    """Return what has become of a link."""
    return chip(state.label, LINK_TONES[state])


def mail_chip(mail: CustomerMail) -> SafeString:
    """Return how far a mail is."""
    state = MailState(mail.state)
    return chip(state.label, MAIL_TONES[state])


def order_link(feedback: Feedback) -> SafeString:
    """Return the order's code, leading to its page."""
    url = reverse("admin:orders_order_change", args=[feedback.order_id])
    return format_html('<a class="br-link" href="{}">{}</a>', url, feedback.order.code)

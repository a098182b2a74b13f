"""The friendly pages behind links that open no form: each says why, and what to do."""

import math
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from apps.core.errors import TooMany
from apps.feedback.models import FeedbackToken
from apps.feedback.pages import page
from apps.feedback.services.keep_feedback import has_feedback
from apps.feedback.status import LinkState
from apps.orders.status import OrderStatus


def is_over(link: FeedbackToken, now: datetime) -> bool:
    """Return whether the link opens no form."""
    is_live = link.state_at(now) == LinkState.LIVE
    return not is_live or link.order.status != OrderStatus.COMPLETED or has_feedback(link.order)


def closed_page(
    request: HttpRequest, link: FeedbackToken | None, *, is_sent: bool = False
) -> HttpResponse:
    """
    Return the page for a link that is over; an unknown one looks like one that has expired.

    :param is_sent: a form was sent, and could not be kept
    """
    state = link.state_at(timezone.now()) if link else LinkState.EXPIRED
    if link and (state == LinkState.USED or has_feedback(link.order)):
        return page(request, "used", {}, 409 if is_sent else 410)
    if link and state == LinkState.LIVE:
        return page(request, "early", {"order": link.order}, 409 if is_sent else 200)
    name = "revoked" if state == LinkState.REVOKED else "expired"
    return page(request, name, {}, 410)


def too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    """Return the page for somebody who has tried too often."""
    seconds = error.retry_after or 60
    minutes = math.ceil(seconds / 60)
    sentence = ngettext(
        "Please try again in %(minutes)s minute.",
        "Please try again in %(minutes)s minutes.",
        minutes,
    )
    response = page(request, "busy", {"when": sentence % {"minutes": minutes}}, 429)
    response["Retry-After"] = str(seconds)
    return response

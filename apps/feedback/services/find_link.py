from datetime import datetime
from typing import Any

from apps.core.tokens import digest
from apps.feedback.models import FeedbackToken
from apps.feedback.refusals import LinkInvalid, LinkUsed, TokenMissing
from apps.feedback.secret_links import is_secret
from apps.feedback.status import LinkState


def find_link(token: Any) -> FeedbackToken | None:
    """Return the link with this secret, whatever its state; looking at it changes nothing."""
    if not is_secret(token):
        return None
    links = FeedbackToken.objects.select_related("order")
    return links.filter(digest=digest(token)).first()


def find_live_link(token: Any, *, now: datetime) -> FeedbackToken:
    """
    Return the link, if it opens the form.

    :raises TokenMissing: if there is no token
    :raises LinkInvalid: if it is unknown, used, revoked or expired
    """
    if not token:
        raise TokenMissing
    link = find_link(token)
    if link is None:
        raise LinkInvalid
    state = link.state_at(now)
    if state == LinkState.USED:
        raise LinkUsed
    if state != LinkState.LIVE:
        raise LinkInvalid
    return link

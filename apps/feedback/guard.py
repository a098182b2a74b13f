"""What keeps programs off the customers' page, and never a customer: no riddles to solve."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from apps.core.client_address import client_address
from apps.core.errors import TooMany
from apps.core.limits import Limit, charge
from apps.feedback.models import FeedbackToken

# A field that people do not see; programs fill in all that they find.
TRAP = "topic"
STAMP = "stamp"
_signer = Signer(salt="apps.feedback.guard")


def stamp(link: FeedbackToken, now: datetime) -> str:
    """Return the signed moment at which this link's form was shown."""
    return _signer.sign_object({"link": link.pk, "at": now.timestamp()})


def was_shown_long_enough(link: FeedbackToken, stamped: str, now: datetime) -> bool | None:
    """Return whether a person can have filled the form in; None if the stamp is none of ours."""
    try:
        shown = _signer.unsign_object(stamped)
    except (BadSignature, ValueError):
        return None
    if shown.get("link") != link.pk:
        return None
    age = timedelta(seconds=now.timestamp() - shown["at"])
    return age >= timedelta(seconds=settings.FEEDBACK_FASTEST_SECONDS)


def charge_link(link: FeedbackToken) -> None:
    """
    Count a form that was sent with this link.

    :raises TooMany: if there were more than any person sends
    """
    _charge(str(link.pk), Limit("feedback-link", *settings.FEEDBACK_LIMIT_PER_LINK))


def charge_miss(request: HttpRequest) -> None:
    """
    Count a look at a link that does not exist.

    :raises TooMany: if the address has tried too many of them
    """
    address = client_address(request) or "unknown"
    _charge(address, Limit("feedback-miss", *settings.FEEDBACK_LIMIT_OF_MISSES))


def _charge(subject: str, limit: Limit) -> None:
    verdict = charge(subject, limit)
    if not verdict.allowed:
        raise TooMany(retry_after=verdict.retry_after)

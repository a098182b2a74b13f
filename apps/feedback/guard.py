"""What keeps programs off the customers' page, and never a customer: no riddles to solve."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from apps.core.client_address import client_address
from apps.core.errors import TooMany
from apps.core.limits import TOO_MANY, Limit, charge
from apps.feedback.models import FeedbackToken
from apps.feedback.refusals import FeedbackRefused, LinkInvalid, TokenMissing
from apps.feedback.services.find_link import find_link

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


@contextmanager
def counted(request: HttpRequest, token: Any) -> Iterator[None]:
    """
    Count a call that is refused: to its link, and to its address if it has none.

    A call that succeeds is not counted, nor one that comes after the feedback was kept: whoever
    has a link is not kept from it by what others at the same address do.

    :raises TooMany: if there were more than any person makes
    """
    try:
        yield
    except (FeedbackRefused, LinkInvalid, TokenMissing) as refusal:
        link = find_link(token)
        if link is None:
            charge_miss(request)
        elif isinstance(refusal, FeedbackRefused):
            charge_link(link)
        raise


def charge_link(link: FeedbackToken) -> None:
    """
    Count an answer that was sent with this link and cannot be kept.

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
        raise TooMany(TOO_MANY, retry_after=verdict.retry_after)

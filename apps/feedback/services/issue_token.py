from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.core.tokens import digest
from apps.feedback.models import Feedback, FeedbackToken
from apps.feedback.refusals import AlreadySubmitted, NotCompletedYet
from apps.feedback.secret_links import new_secret, secret_again
from apps.feedback.services.lock_order import lock_order
from apps.orders.status import OrderStatus


@dataclass(frozen=True)
class IssuedToken:
    """The secret of a live link, in clear: to be shown or sent, never to be stored."""

    token: str
    order_id: int
    expires_at: datetime


@transaction.atomic
def issue_token(*, order_id: int, now: datetime) -> IssuedToken:
    """
    Return the order's live link, a new one if it has none; at no time are there two.

    A link of which more than half of its time is over gets all of it again: who is sent a link
    today must not find it dead tomorrow.

    :raises OrderNotFound: if there is no such order
    :raises NotCompletedYet: if the order is not completed
    :raises AlreadySubmitted: if the order has feedback already
    """
    order = lock_order(order_id)
    if order.status != OrderStatus.COMPLETED:
        raise NotCompletedYet
    if Feedback.objects.filter(order=order).exists():
        raise AlreadySubmitted
    return _live_one(order.pk, now) or _new_one(order.pk, now)


def _live_one(order_id: int, now: datetime) -> IssuedToken | None:
    link = FeedbackToken.objects.live_at(now).filter(order_id=order_id).first()
    secret = secret_again(bytes(link.seed), bytes(link.digest)) if link else None
    if link is None or secret is None:
        return None
    if link.expires_at - now < _lifetime() / 2:
        link.expires_at = now + _lifetime()
        link.save(update_fields=["expires_at"])
    return IssuedToken(secret, order_id, link.expires_at)


def _new_one(order_id: int, now: datetime) -> IssuedToken:
    # What is still open has expired, or its key was taken off the ring.
    FeedbackToken.objects.open().filter(order_id=order_id).update(revoked_at=now)
    seed, secret = new_secret()
    link = FeedbackToken.objects.create(
        order_id=order_id,
        seed=seed,
        digest=digest(secret),
        created_at=now,
        expires_at=now + _lifetime(),
    )
    return IssuedToken(secret, order_id, link.expires_at)


def _lifetime() -> timedelta:
    return timedelta(days=settings.FEEDBACK_LINK_DAYS)

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.feedback.models import Feedback
from apps.feedback.refusals import FeedbackNotFound, FeedbackRefused
from apps.feedback.services.update_feedback import update_feedback


class AlreadyAnswered(DomainError):
    """Somebody else has replied to this meanwhile."""

    code = "already_answered"


@transaction.atomic
def reply_to_feedback(
    *, feedback_id: int, text: str, is_public: bool, by: User, now: datetime
) -> Feedback:
    """
    Reply to a feedback that nobody has replied to, and show or hide it.

    :raises FeedbackRefused: if there is no text, or it is too long
    :raises FeedbackNotFound: if there is no such feedback
    :raises AlreadyAnswered: if there is a reply
    """
    if not text.strip():
        raise FeedbackRefused("Write a reply first", "responseText")
    feedback = Feedback.objects.select_for_update(no_key=True).filter(pk=feedback_id).first()
    if feedback is None:
        raise FeedbackNotFound
    if feedback.is_answered:
        raise AlreadyAnswered
    sent = {"responseText": text, "isPublic": is_public}
    return update_feedback(feedback_id=feedback_id, sent=sent, by=by, now=now)

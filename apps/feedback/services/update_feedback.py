from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.feedback.models import Feedback
from apps.feedback.reading import COMMENT, RATINGS, STAFFS, Sent, read_sent
from apps.feedback.refusals import FeedbackNotFound
from apps.feedback.signals import feedback_changed
from apps.orders.history import recorded_as

CHANGEABLE = {**RATINGS, **COMMENT, **STAFFS}


@transaction.atomic
def update_feedback(*, feedback_id: int | None, sent: Sent, by: User, now: datetime) -> Feedback:
    """
    Change what was sent of a feedback: reply to it, show it, hide it, correct it.

    :raises FeedbackRefused: with the sentence of the first field that is not acceptable
    :raises FeedbackNotFound: if all fields are acceptable, but there is no such feedback
    """
    columns = read_sent(sent, only=CHANGEABLE)
    feedback = _locked(feedback_id) if feedback_id else None
    if feedback is None:
        raise FeedbackNotFound
    if "response_text" in columns:
        columns["responded_at"] = now if columns["response_text"] else None
    for column, value in columns.items():
        setattr(feedback, column, value)
    feedback.updated_at = now
    with recorded_as(by):
        feedback.save(update_fields=[*columns, "updated_at"])
    feedback_changed.send(sender=Feedback, feedback_id=feedback.pk)
    return feedback


def _locked(feedback_id: int) -> Feedback | None:
    return Feedback.objects.select_for_update(no_key=True).filter(pk=feedback_id).first()

"""Why a feedback is not accepted: the sentences that both clients show."""

from apps.core.errors import Detail, Incomplete, Missing, NotSignedIn, Refused


class FeedbackRefused(Refused):
    """The feedback cannot be accepted like this."""

    code = "feedback_refused"

    def __init__(self, message: str, field: str) -> None:
        """Name the field that is to blame."""
        super().__init__(message, details=[Detail(field, "invalid", message)])


class TokenMissing(Incomplete):
    """Token is required"""

    code = "token_required"


class LinkInvalid(NotSignedIn):
    """Invalid or expired token"""

    code = "link_invalid"


class LinkUsed(LinkInvalid):
    """Invalid or expired token"""

    # The sentence is every dead link's; the code is that of AlreadyGiven, for whoever sends twice
    # cannot know whether the first answer was kept before or while the second one came.
    code = "feedback_exists"


class OrderIdMissing(Incomplete):
    """Order ID is required"""

    code = "order_id_required"


class FeedbackNotFound(Missing):
    """Feedback not found"""

    code = "feedback_not_found"


class NoFeedbackYet(Missing):
    """Feedback for this order not found"""

    code = "no_feedback_yet"


class NotCompleted(Refused):
    """Feedback can only be submitted for completed orders"""

    code = "order_not_completed"


class NotCompletedYet(Refused):
    """Feedback tokens can only be generated for completed orders"""

    code = "order_not_completed"


class AlreadyGiven(Refused):
    """Feedback already exists for this order"""

    code = "feedback_exists"


class AlreadySubmitted(Refused):
    """Feedback already submitted for this order"""

    code = "feedback_exists"

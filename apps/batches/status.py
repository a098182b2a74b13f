"""The states of a row, what an answer means, and the words of the batch contract."""

from django.db.models import TextChoices


class RowState(TextChoices):
    """Where a row is between the sheet and the partner."""

    PENDING = "pending", "Pending"
    IN_FLIGHT = "inFlight", "In flight"
    RETRYING = "retrying", "Retrying"
    SUCCEEDED = "succeeded", "Succeeded"
    NEEDS_ACTION = "needsAction", "Needs action"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Unknown"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (RowState.PENDING, RowState.IN_FLIGHT, RowState.RETRYING)
FINAL_STATES = tuple(state for state in RowState if state not in OPEN_STATES)
UNSUCCESSFUL = (RowState.NEEDS_ACTION, RowState.FAILED, RowState.UNKNOWN)

# The column of `batch_runs` that counts the rows of each state.
COUNTER_OF = {
    RowState.PENDING: "pending",
    RowState.IN_FLIGHT: "in_flight",
    RowState.RETRYING: "retrying",
    RowState.SUCCEEDED: "succeeded",
    RowState.NEEDS_ACTION: "needs_action",
    RowState.FAILED: "failed",
    RowState.UNKNOWN: "unknown",
    RowState.SKIPPED: "skipped",
    RowState.CANCELLED: "cancelled",
}


class Category(TextChoices):
    """Why a call did not succeed (batch contract, section 6)."""

    USER_ACTION = "REQUIRES_USER_ACTION", "Requires user action"
    TEMPORARY = "TEMPORARY_FAILURE", "Temporary failure"
    SYSTEM = "SYSTEM_ERROR", "System error"
    NETWORK = "NETWORK_ERROR", "Network error"
    AUTH = "AUTH_ERROR", "Auth error"
    UNKNOWN = "UNKNOWN_ERROR", "Unknown error"


class AuthType(TextChoices):
    """How a session proves itself to the partner."""

    BASIC = "basic", "Basic"
    BEARER = "bearer", "Bearer token"
    API_KEY = "apiKey", "API key header"
    NONE = "none", "None"


class Method(TextChoices):
    """The HTTP methods by which rows are sent."""

    POST = "POST", "POST"
    PUT = "PUT", "PUT"
    PATCH = "PATCH", "PATCH"


class Outcome(TextChoices):
    """How a finished batch ended."""

    ALL_SUCCEEDED = "all_succeeded", "All succeeded"
    PARTIAL = "partial", "Partial"
    ALL_FAILED = "all_failed", "All failed"


class BatchStatus(TextChoices):
    """The seven words by which the batch contract tells how a job stands."""

    WAITING = "waiting", "Waiting"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    DELAYED = "delayed", "Delayed"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"

    @property
    def is_terminal(self) -> bool:
        """Return whether only an explicit retry goes on from here."""
        return self in (BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.CANCELLED)

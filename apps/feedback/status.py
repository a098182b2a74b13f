"""The states of links and mails."""

from django.db import models


class LinkState(models.TextChoices):
    """What has become of a link; only a live one opens the form."""

    LIVE = "live", "Live"
    USED = "used", "Used"
    REVOKED = "revoked", "Revoked"
    EXPIRED = "expired", "Expired"


class MailKind(models.TextChoices):
    """Why we write to a customer."""

    INVITATION = "invitation", "Invitation"
    REMINDER = "reminder", "Reminder"


class MailState(models.TextChoices):
    """
    How far a mail is.

    `unknown` is honest: the line broke while the mail was handed over, and it may have arrived.
    """

    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DROPPED = "dropped", "No longer wanted"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Unknown"

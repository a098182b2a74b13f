"""The daily digest: who gets it, whether it went out on a day, and what became of each mail."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from apps.orders.status import DigestStatus, MailState

BUCKET_KEYS = ("overdue", "oneDay", "threeDay", "sevenDay")


class NotificationRecipient(models.Model):
    """An address that gets the digest while it is enabled."""

    id = models.AutoField(primary_key=True)
    email = models.EmailField("e-mail address", max_length=254)
    enabled = models.BooleanField(
        default=True, db_default=True, help_text="Gets the digest every day."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())
    # What became of the test mail that was asked for last; it counts for no day.
    test_state = models.TextField(
        choices=MailState.choices, blank=True, default="", db_default="", editable=False
    )
    test_tried_at = models.DateTimeField(null=True, editable=False)
    test_error = models.TextField(
        "what went wrong", blank=True, default="", db_default="", editable=False
    )

    class Meta:
        db_table = "notification_recipients"
        verbose_name = "digest recipient"
        ordering = ("email",)
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="notification_recipient_once",
                violation_error_message="This address gets the digest already.",
            ),
            models.CheckConstraint(
                condition=Q(test_state__in=("", *MailState.values)),
                name="notification_recipient_test_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.email


class DigestRun(models.Model):
    """The digest of one business day; there is one of each day at most."""

    id = models.AutoField(primary_key=True)
    digest_date = models.DateField("day")
    status = models.TextField(choices=DigestStatus.choices, default=DigestStatus.STARTED)
    started_at = models.DateTimeField("started")
    sent_at = models.DateTimeField("finished", null=True, blank=True)
    error = models.TextField("what went wrong", null=True, blank=True)
    # By bucket, as in the mails that went out last; null where there was nobody to send to.
    order_counts = models.JSONField(null=True, blank=True)

    class Meta:
        db_table = "digest_runs"
        verbose_name = "digest"
        ordering = ("-digest_date",)
        constraints = [
            models.UniqueConstraint("digest_date", name="digest_run_once_a_day"),
            models.CheckConstraint(
                condition=Q(status__in=DigestStatus.values), name="digest_run_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=DigestStatus.SENT, sent_at__isnull=False)
                | (~Q(status=DigestStatus.SENT) & Q(sent_at=None)),
                name="digest_run_sent_at_iff_sent",
            ),
            models.CheckConstraint(
                condition=~Q(status=DigestStatus.FAILED) | Q(error__isnull=False),
                name="digest_run_failed_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.digest_date}"

    @property
    def counts(self) -> dict[str, int] | None:
        """Return the counts by urgency; the database keeps no order of keys."""
        if self.order_counts is None:
            return None
        return {key: self.order_counts[key] for key in BUCKET_KEYS}


class DigestMail(models.Model):
    """The one mail of a day to one recipient."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(DigestRun, on_delete=models.CASCADE, related_name="mails")
    recipient = models.ForeignKey(
        NotificationRecipient,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="mails",
    )
    email = models.TextField("e-mail address")  # also once the recipient is taken off the list
    state = models.TextField(choices=MailState.choices, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField("last tried", null=True, blank=True)
    sent_at = models.DateTimeField("sent", null=True, blank=True)
    error = models.TextField("what went wrong", blank=True, default="")

    class Meta:
        db_table = "digest_mails"
        verbose_name = "mail"
        ordering = ("email", "id")
        constraints = [
            # Whoever is taken off the list and put back on the same day has had the mail.
            models.UniqueConstraint("run", Lower("email"), name="digest_mail_once_a_day"),
            models.CheckConstraint(
                condition=Q(state__in=MailState.values), name="digest_mail_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=MailState.SENT, sent_at__isnull=False)
                | (~Q(state=MailState.SENT) & Q(sent_at=None)),
                name="digest_mail_sent_at_iff_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}, {self.run}"

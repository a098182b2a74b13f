from django.db import models
from django.db.models import Q

from apps.feedback.querysets import CustomerMailQuerySet
from apps.feedback.status import MailKind, MailState
from apps.orders.models import Order


class CustomerMail(models.Model):
    """A mail that asks a customer for feedback: at most one of each kind for an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="customer_mails")
    kind = models.TextField(choices=MailKind.choices)
    email = models.TextField()
    state = models.TextField(choices=MailState.choices, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    objects = CustomerMailQuerySet.as_manager()

    class Meta:
        db_table = "feedback_mails"
        verbose_name = "mail to a customer"
        verbose_name_plural = "mails to customers"
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint("order", "kind", name="feedback_mail_one_of_a_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=MailKind.values), name="feedback_mail_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=MailState.values), name="feedback_mail_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=MailState.SENT, sent_at__isnull=False)
                | (~Q(state=MailState.SENT) & Q(sent_at=None)),
                name="feedback_mail_sent_at_iff_sent",
            ),
        ]
        indexes = [models.Index("kind", "sent_at", name="feedback_mail_by_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.order}"


class MailOptOut(models.Model):
    """An address that wants no more mails asking for feedback."""

    email = models.TextField(unique=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "feedback_opt_outs"
        verbose_name = "unsubscribed address"
        verbose_name_plural = "unsubscribed addresses"
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.email

from django.db import models

from apps.orders.models.order import Order


class OrderReminder(models.Model):
    """
    Which digests have named an order, with the delivery date that it had then.

    There is a row as soon as the first mail has gone out. Of an order that has got another date
    since, the row tells nothing: the next digest begins it anew.
    """

    order = models.OneToOneField(
        Order, on_delete=models.CASCADE, primary_key=True, related_name="reminder"
    )
    delivery_date_snapshot = models.DateTimeField()
    sent_7d = models.BooleanField(default=False, db_default=False)
    sent_3d = models.BooleanField(default=False, db_default=False)
    sent_1d = models.BooleanField(default=False, db_default=False)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "order_reminder_state"

    def __str__(self) -> str:
        return f"Reminders of {self.order}"

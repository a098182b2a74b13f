"""What orders announce to the apps above them."""

from django.dispatch import Signal

# Sent with `order`, inside the transaction that completed it.
order_completed = Signal()

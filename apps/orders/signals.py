"""What orders announce to the apps above them, and to whoever keeps copies of our answers."""

from django.dispatch import Signal

# Sent with `order`, inside the transaction that completed it.
order_completed = Signal()

# send(Order, order_id=int) when an order was placed or changed; use on_commit to act on it.
order_changed = Signal()

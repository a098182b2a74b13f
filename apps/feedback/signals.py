"""What feedback announces to whoever keeps copies of its answers."""

from django.dispatch import Signal

# send(Feedback, feedback_id=int) inside the transaction that wrote it; use on_commit to act on it.
feedback_changed = Signal()

"""What this app tells the apps above it, and whoever keeps copies of its answers."""

from django.dispatch import Signal

# send(Item, item_id=int) inside the transaction that changed the item or one of its designs.
item_changed = Signal()

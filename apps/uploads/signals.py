"""What this app asks the apps above it."""

from django.dispatch import Signal

# send(Upload, uploads=[ids]): a receiver returns those that an open job still needs.
upload_wanted = Signal()

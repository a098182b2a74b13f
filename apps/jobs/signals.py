"""What this app announces to the apps above it."""

from django.dispatch import Signal

# send(Job, job=job) in the transaction that ends a job without success, cancelled ones included.
job_failed = Signal()

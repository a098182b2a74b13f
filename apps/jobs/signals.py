"""What this app announces to the apps above it."""

from django.dispatch import Signal

# send(Job, job=job) in the transaction that ends a job without success, cancelled ones included.
job_failed = Signal()

# send(Job, jobs=[ids]): a receiver removes up to some thousands of rows that hang on these jobs,
# and returns how many; the jobs go when nobody has any left.
jobs_going = Signal()

from apps.core.outbox import enqueue
from apps.jobs.models import Job


def wake_next_in_lane(job: Job) -> bool:
    """Ask for a slice of whoever has waited longest in the lane that the job just left."""
    if not job.lane:
        return False
    waiting = Job.objects.runnable().filter(lane=job.lane).exclude(pk=job.pk)
    following = waiting.in_turn().values_list("pk", flat=True).first()
    if following is None:
        return False
    enqueue("jobs.run_slice", job_id=str(following))
    return True

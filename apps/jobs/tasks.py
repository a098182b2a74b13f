from uuid import UUID

from celery import shared_task

from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.sweep_jobs import sweep_jobs


@shared_task(name="jobs.run_slice")
def run_slice_task(*, job_id: str) -> None:
    run_slice(job_id=UUID(job_id))


@shared_task(name="jobs.sweep")
def sweep_jobs_task() -> None:
    sweep_jobs()

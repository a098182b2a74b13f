from uuid import UUID

from celery import shared_task

from apps.jobs.services.clear_generation import clear_generation
from apps.jobs.services.generate_rows import help_generate
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.steer_many import steer_many
from apps.jobs.services.sweep_jobs import sweep_jobs


@shared_task(name="jobs.run_slice")
def run_slice_task(*, job_id: str) -> None:
    run_slice(job_id=UUID(job_id))


@shared_task(name="jobs.sweep")
def sweep_jobs_task() -> None:
    sweep_jobs()


@shared_task(name="jobs.help_generate")
def help_generate_task(*, job_id: str) -> None:
    help_generate(job_id=UUID(job_id))


@shared_task(name="jobs.clear_generation")
def clear_generation_task(*, job_id: str) -> None:
    clear_generation(job_id=UUID(job_id))


@shared_task(name="jobs.steer_many")
def steer_many_task(*, action: str, actor: str, job_ids: list[str]) -> None:
    steer_many(action=action, actor=actor, job_ids=job_ids)

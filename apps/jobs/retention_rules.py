"""For how long jobs, and what they have made, are kept."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from apps.core.retention import Cut, Tally, register
from apps.jobs.models import QueueAction
from apps.jobs.services.forgotten_files import forgotten_files, remove_forgotten_files
from apps.jobs.services.purge_generated_rows import purge_rows, rows_due
from apps.jobs.services.purge_jobs import jobs_due, purge_jobs
from apps.jobs.services.purge_results import purge_results, results_due, size_of
from apps.jobs.status import JobStatus

AT_ONCE = 5_000


class Results:
    """Files that jobs have made; each job knows for how long its file is kept."""

    name = "results"
    about = "files that jobs have made"

    def age(self) -> timedelta:
        return timedelta(days=settings.RESULT_TTL_DAYS)

    def due(self, cut: Cut) -> Tally:
        due = results_due(cut).only("result_meta")
        return sum((Tally(1, size_of(job)) for job in due.iterator()), start=Tally())

    def remove_some(self, cut: Cut) -> Tally | None:
        return purge_results(cut)


class GeneratedData:
    """Rows that generations have put into the database."""

    name = "generated-data"
    about = "generated rows in the database"

    def age(self) -> timedelta:
        return timedelta(days=settings.GENERATED_DATA_TTL_DAYS)

    def due(self, cut: Cut) -> Tally:
        return rows_due(cut)

    def remove_some(self, cut: Cut) -> Tally | None:
        return purge_rows(cut)


class JobFiles:
    """What workers that died have left in storage."""

    name = "job-files"
    about = "parts and results that no job needs"

    def age(self) -> timedelta:
        return timedelta(hours=24)

    def due(self, cut: Cut) -> Tally:
        found = forgotten_files(before=cut.before)
        return sum((Tally(1, size) for _, size in found), start=Tally())

    def remove_some(self, cut: Cut) -> Tally | None:
        return remove_forgotten_files(before=cut.before)


class QueueActions:
    """Who paused which queue, and steered many jobs: longer than any job that it was done to."""

    name = "queue-actions"
    about = "who paused queues, and steered many jobs"

    def age(self) -> timedelta:
        return max(timedelta(days=730), timedelta(days=settings.FAILED_JOB_TTL_DAYS))

    def due(self, cut: Cut) -> Tally:
        return Tally(self._due(cut).count())

    def remove_some(self, cut: Cut) -> Tally | None:
        some = self._due(cut).order_by("pk")[:AT_ONCE]
        count, _ = QueueAction.objects.filter(pk__in=some.values("pk")).delete()
        return Tally(count) if count else None

    def _due(self, cut: Cut) -> QuerySet[QueueAction]:
        return QueueAction.objects.filter(at__lt=cut.before)


@dataclass
class Jobs:
    """Finished jobs; a summary of each goes into the archive."""

    name: str
    about: str
    status: JobStatus
    setting: str

    def age(self) -> timedelta:
        # Not before its rows: they have been promised a time of their own.
        days = max(getattr(settings, self.setting), settings.GENERATED_DATA_TTL_DAYS)
        return timedelta(days=days)

    def due(self, cut: Cut) -> Tally:
        return Tally(jobs_due(self.status, cut).count())

    def remove_some(self, cut: Cut) -> Tally | None:
        return purge_jobs(self.status, cut)


register(Results())
register(GeneratedData())
register(JobFiles())
register(QueueActions())
register(Jobs("jobs", "completed jobs", JobStatus.COMPLETED, "JOB_TTL_DAYS"), last=True)
register(Jobs("failed-jobs", "failed jobs", JobStatus.FAILED, "FAILED_JOB_TTL_DAYS"), last=True)

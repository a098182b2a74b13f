"""The kinds of jobs that this app does itself."""

from apps.jobs.cloning import register_cloner
from apps.jobs.handlers import register
from apps.jobs.models import Job
from apps.jobs.services.clone_export import clone_export
from apps.jobs.services.clone_generation import clone_generation
from apps.jobs.services.export_rows import export_rows
from apps.jobs.services.generate_rows import generate_rows
from apps.jobs.services.inspect_uploads import inspect_uploads
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobType


class UploadHandler:
    """Looks into freshly received files."""

    def run(self, work: Slice) -> None:
        inspect_uploads(work)

    def cancel(self, job: Job) -> None:
        """Leave nothing behind: what was found out about a file stays true."""

    def retry(self, job: Job, params: dict[str, object]) -> None:
        """Forget what was found out: a retry looks into every file again."""
        Job.objects.filter(pk=job.pk).update(result_meta=None)


class GenerationHandler:
    """Makes data up."""

    def run(self, work: Slice) -> None:
        generate_rows(work)

    def cancel(self, job: Job) -> None:
        """Leave the cleaning up to who hears that the job failed (receivers.py)."""

    def retry(self, job: Job, params: dict[str, object]) -> None:
        """Begin anew: nothing is left of an attempt that failed."""
        Job.objects.filter(pk=job.pk).update(progress_done=0, rate_per_second=None)


class ExportHandler:
    """Writes rows into a file."""

    def run(self, work: Slice) -> None:
        export_rows(work)

    def cancel(self, job: Job) -> None:
        """Leave the cleaning up to who hears that the job failed (receivers.py)."""

    def retry(self, job: Job, params: dict[str, object]) -> None:
        """Begin anew: nothing is left of an attempt that failed."""
        Job.objects.filter(pk=job.pk).update(progress_done=0, rate_per_second=None)


register(JobType.UPLOAD, UploadHandler())
register(JobType.EXPORT, ExportHandler())
register(JobType.GENERATION, GenerationHandler())
register_cloner(JobType.GENERATION, clone_generation)
register_cloner(JobType.EXPORT, clone_export)

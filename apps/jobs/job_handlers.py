"""The kinds of jobs that this app does itself."""

from apps.jobs.handlers import register
from apps.jobs.models import Job
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


register(JobType.UPLOAD, UploadHandler())

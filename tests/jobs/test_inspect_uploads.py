"""Looking into uploads: over several slices, and again on request."""

import pytest

from apps.jobs.models import Job
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.inspect_uploads import inspect_uploads
from apps.jobs.services.retry_job import retry_job
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobState, JobType
from apps.uploads.models import Upload
from tests.factories.jobs import JobFactory
from tests.factories.uploads import UploadFactory

pytestmark = pytest.mark.django_db(transaction=True)


def inspection_of(*uploads: Upload) -> Job:
    files = [{"uploadId": str(upload.pk)} for upload in uploads]
    return JobFactory(
        type=JobType.UPLOAD, owner=uploads[0].owner, params={"files": files, "options": {}}
    )


def test_what_a_slice_found_out_is_not_looked_up_again_by_the_next():
    job = inspection_of(*(UploadFactory() for _ in range(3)))

    slices = 0
    while Job.objects.get(pk=job.pk).is_open and slices < 10:
        slices += 1
        work = Slice(claim_job(job.pk))
        answers = iter([False])  # time for one file, and no more
        work.is_over = lambda answers=answers: next(answers, True)
        inspect_uploads(work)

    job.refresh_from_db()
    assert slices == 3
    assert [entry["rows"] for entry in job.result_meta["files"]] == [2, 2, 2]
    assert (job.state, job.progress_done) == (JobState.COMPLETED, 3)


def test_a_retry_looks_into_every_file_again():
    broken, whole = UploadFactory(content=b"PK\x03\x04 no workbook"), UploadFactory()
    job = inspection_of(broken)
    run_slice(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    files = [{"uploadId": str(whole.pk)}]
    Job.objects.filter(pk=job.pk).update(
        params={"files": files, "options": {}}, result_meta={"files": [{"rows": 99}]}
    )

    retry_job(job=job, actor="ada")
    run_slice(job_id=job.pk)

    job.refresh_from_db()
    assert [entry["rows"] for entry in job.result_meta["files"]] == [2]

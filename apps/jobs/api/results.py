from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api.downloads import FileGone, download
from apps.core.errors import DomainError, Missing
from apps.jobs.api.lookup import find_job
from apps.jobs.models import Job
from apps.jobs.services.assemble_result import STORED
from apps.jobs.status import JobStatus


class ResultNotReady(DomainError):
    """The job has no result yet."""

    code = "result_not_ready"


class NoResult(Missing):
    """This job makes no file."""

    code = "no_result"


def stored_result(job: Job) -> str:
    """
    Return where the job's file lies.

    :raises ResultNotReady: if it is not made yet, or never will be
    :raises FileGone: if it was kept for as long as was agreed
    :raises NoResult: if such a job makes none
    """
    if job.status != JobStatus.COMPLETED:
        raise ResultNotReady(f"Job is {job.state}; it has no result.", extra={"status": job.status})
    if job.has_expired(timezone.now()):
        raise FileGone
    if not (job.result_uri or "").startswith(STORED):
        raise NoResult
    return (job.result_uri or "").removeprefix(STORED)


class JobResult(APIView):
    """The file that a job has made."""

    scope = "jobs"

    @extend_schema(
        operation_id="get_result",
        summary="Download the file that a job has made",
        tags=["Jobs of every kind"],
        parameters=[
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="bytes=0-1023"),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER),
        ],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            302: OpenApiResponse(description="To object storage, by a link that soon expires."),
            304: OpenApiResponse(description="You have these bytes already."),
            409: OpenApiResponse(description="There is no result yet."),
            410: OpenApiResponse(description="The result is no longer kept."),
            416: OpenApiResponse(description="The file has no such range."),
        },
    )
    def get(self, request: Request, job_id: str) -> HttpResponseBase:
        job = find_job(request, job_id)
        path, known = stored_result(job), job.result_meta or {}
        return download(
            request,
            path=path,
            name=known["filename"],
            content_type=known["contentType"],
            digest=known["sha256"],
        )

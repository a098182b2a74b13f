from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotAcceptable
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.idempotency import idempotent
from apps.core.api.paging import paginate
from apps.jobs.api.forms import (
    CancelOutput,
    EventListOutput,
    EventOutput,
    RetryJobInput,
    StatusListOutput,
    StatusOutput,
    StatusQuery,
)
from apps.jobs.api.lookup import caller, find_job
from apps.jobs.api.matching import matching
from apps.jobs.models import Job
from apps.jobs.services.archive_job import archive_job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.retry_job import NotRetryable, retry_job
from apps.jobs.status import JobStatus, JobType

TAGS = ["Jobs of every kind"]
CONFLICT = OpenApiResponse(description="The job's state does not allow it.")
COLUMN_OF = {"createdAt": "created_at", "updatedAt": "updated_at", "priority": "priority"}
DONE = OpenApiExample(
    "A finished batch",
    value={
        "jobId": "0190d1d0-5f1c-7aa2-8c1e-1f2a3b4c5d6e",
        "type": "batch",
        "title": "412 records to March claims",
        "status": "completed",
        "state": "partial",
        "resultUri": None,
        "result": None,
        "progress": {
            "done": 412,
            "total": 412,
            "percent": 100.0,
            "ratePerSec": None,
            "etaSec": 0,
            "note": None,
        },
        "error": None,
        "attempts": 1,
        "createdAt": "2025-11-03T09:15:02.418Z",
        "startedAt": "2025-11-03T09:15:03.002Z",
        "finishedAt": "2025-11-03T09:16:27.212Z",
        "updatedAt": "2025-11-03T09:16:27.212Z",
    },
    response_only=True,
)


class JobList(APIView):
    """All background work that you may see."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_all_jobs",
        summary="List jobs of every kind",
        tags=TAGS,
        parameters=[StatusQuery],
        responses={200: StatusListOutput},
    )
    def get(self, request: Request) -> Response:
        form = StatusQuery(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        query = form.validated_data
        chosen = {name: value for name, value in query.items() if name != "status"}
        jobs = matching(Job.objects.visible_to(caller(request)), chosen)
        totals = dict.fromkeys(JobStatus.values, 0)
        totals |= dict(jobs.order_by().values_list("status").annotate(number=Count("pk")))
        if "status" in query:
            jobs = jobs.filter(status=query["status"])
        column = COLUMN_OF[query["sort"].removeprefix("-")]
        direction = "-" if query["sort"].startswith("-") else ""
        page = paginate(request, jobs.order_by(f"{direction}{column}", "-pk"))
        return Response(
            {
                "jobs": StatusOutput(page.rows, many=True).data,
                "pagination": page.pagination,
                "totals": totals,
            }
        )


class JobStatusView(APIView):
    """One job of any kind; poll it with its ETag."""

    scope = "jobs"

    @extend_schema(
        operation_id="get_status",
        summary="Show a job of any kind",
        tags=TAGS,
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={200: StatusOutput, 304: OpenApiResponse(description="Nothing has changed.")},
        examples=[DONE],
    )
    def get(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        headers = {"ETag": _etag(job), "Cache-Control": "no-store"}
        if job.is_open:
            headers["Retry-After"] = str(_poll_seconds(job))
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(StatusOutput(job).data, headers=headers)

    @extend_schema(
        operation_id="delete_status",
        summary="Take a finished job out of the lists",
        tags=TAGS,
        responses={204: OpenApiResponse(description="The job is gone."), 409: CONFLICT},
    )
    def delete(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        archive_job(job=job, actor=caller(request).get_username(), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _etag(job: Job) -> str:
    # Every change of the row counts its version up; the state may change with time alone.
    text = f"{job.pk}:{job.version}:{job.state}"
    return f'W/"{blake2b(text.encode(), digest_size=12).hexdigest()}"'


def _poll_seconds(job: Job) -> int:
    """Return 1 for a young job, rising to 10: who waits long may ask less often."""
    age = (timezone.now() - job.created_at).total_seconds()
    return max(1, min(10, int(age // 10)))


class JobEvents(APIView):
    """The timeline of a job; where a stream is asked for, live (live.py)."""

    scope = "jobs"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Let `text/event-stream` through, though nothing here renders it."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="list_events",
        summary="List what happened to a job, in order",
        tags=TAGS,
        parameters=[
            OpenApiParameter("page", int, description="From 1."),
            OpenApiParameter("pageSize", int, description="1 to 100, 100 unless told."),
        ],
        responses={
            (200, "application/json"): EventListOutput,
            (200, "text/event-stream"): OpenApiTypes.STR,
            307: OpenApiResponse(description="To where streams are served."),
            406: OpenApiResponse(description="No stream here; poll the job instead."),
        },
    )
    def get(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        if "text/event-stream" in request.headers.get("Accept", ""):
            return _stream_elsewhere(job)
        page = paginate(request, job.events.order_by("id"), default_size=100)
        events = EventOutput(page.rows, many=True).data
        return Response({"events": events, "pagination": page.pagination})


def _stream_elsewhere(job: Job) -> Response:
    """
    Send the client to the events process: a stream here would keep a thread from everybody else.

    :raises NotAcceptable: if nobody has said where that is
    """
    if not settings.EVENTS_URL:
        raise NotAcceptable("No stream is served here; poll the job's status with its ETag.")
    address = f"{settings.EVENTS_URL}/status/{job.pk}/events"
    return Response(status=status.HTTP_307_TEMPORARY_REDIRECT, headers={"Location": address})


class CancelAnyJob(APIView):
    """Stop a job for good."""

    scope = "jobs"

    @extend_schema(
        operation_id="cancel_any_job",
        summary="Cancel a job of any kind",
        tags=TAGS,
        request=None,
        responses={200: CancelOutput, 202: CancelOutput, 409: CONFLICT},
    )
    def post(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        actor = caller(request).get_username()
        job = cancel_job(job=job, actor=actor, now=timezone.now())
        answer = status.HTTP_202_ACCEPTED if job.is_open else status.HTTP_200_OK
        return Response({"jobId": job.pk, "state": job.state}, status=answer)


class RetryAnyJob(APIView):
    """Try a failed job again."""

    scope = "jobs"

    @extend_schema(
        operation_id="retry_any_job",
        summary="Try a failed job of any kind again",
        tags=TAGS,
        request=RetryJobInput,
        responses={202: CancelOutput, 409: CONFLICT},
    )
    @idempotent
    def post(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        form = RetryJobInput(data=request.data or {})
        form.is_valid(raise_exception=True)
        if job.status != JobStatus.FAILED:
            raise NotRetryable(job)
        params = {"scope": "all_unsuccessful"} if job.type == JobType.BATCH else form.validated_data
        job = retry_job(job=job, actor=caller(request).get_username(), params=dict(params))
        body = {"jobId": job.pk, "state": job.state}
        return Response(body, status=status.HTTP_202_ACCEPTED)

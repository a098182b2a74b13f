from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.batches.api.fields import asked
from apps.batches.api.job_forms import (
    BatchPreview,
    BatchPreviewInput,
    JobInput,
    JobLine,
    JobListOutput,
    JobOutput,
    JobsQuery,
    QueuedJob,
    RehearsedJob,
)
from apps.batches.api.listing import matching_runs, page_of
from apps.batches.api.lookup import caller, find_run, find_session
from apps.batches.api.sessions import IDEMPOTENCY_KEY, require
from apps.batches.models import BatchSession
from apps.batches.services.preview_source import preview_source
from apps.batches.services.rehearse import rehearse_records, rehearse_source
from apps.batches.services.submit_records import submit_records
from apps.batches.services.submit_source import submit_source
from apps.batches.status import BatchStatus
from apps.core.api.idempotency import idempotent
from apps.core.api.paging import Page
from apps.core.api.rendering import OrjsonRenderer
from apps.core.errors import Incomplete
from apps.jobs.models import Job
from apps.jobs.services.archive_job import archive_job

TAGS = ["Batches"]
POLL_SECONDS = 2
INLINE = OpenApiExample(
    "Two records",
    value={
        "sessionId": "ses_01J9ZC3M4QW5YB6N8T2VKX7RHD",
        "records": [
            {"requestId": "RX-88120", "memberId": "M-4471", "daysOfSupply": 30},
            {"requestId": "RX-88121", "memberId": "M-4472", "daysOfSupply": 90},
        ],
    },
    request_only=True,
)
WORKBOOK = OpenApiExample(
    "A workbook",
    value={
        "sessionId": "ses_01J9ZC3M4QW5YB6N8T2VKX7RHD",
        "source": {
            "uploadId": "0190d1c9-7f3e-7cc4-9d0e-2b1f6a5d8c11",
            "sheet": "March",
            "mapping": {"Claim": {"field": "requestId"}, "Member": {"field": "memberId"}},
        },
    },
    request_only=True,
)
QUEUED = OpenApiExample(
    "Queued",
    value={
        "status": "queued",
        "jobId": "job_01J9ZD0V7KF3E2M8Q6R5T4W9XA",
        "totalRecords": 412,
        "possibleDuplicates": 0,
        "statusUrl": "/api/jobs/job_01J9ZD0V7KF3E2M8Q6R5T4W9XA",
    },
    response_only=True,
    status_codes=["200", "202"],
)
SUBMIT_ANSWERS = {
    404: OpenApiResponse(description="`session_not_found`"),
    410: OpenApiResponse(description="`session_expired`"),
    413: OpenApiResponse(description="`payload_too_large`"),
    422: OpenApiResponse(description="`validation_failed`, with the first 100 details"),
    429: OpenApiResponse(description="`too_many_jobs`"),
}


class Jobs(APIView):
    """Batches: workbooks and records on their way to a partner, row by row."""

    scope = "batches"
    success_status: int = status.HTTP_202_ACCEPTED
    max_body_bytes = settings.BATCH_MAX_BODY_BYTES

    @extend_schema(
        operation_id="submit_job",
        summary="Submit a batch, inline or from an upload",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=JobInput,
        responses={202: QueuedJob, 200: RehearsedJob, **SUBMIT_ANSWERS},
        examples=[INLINE, WORKBOOK, QUEUED],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        require(request.data, "sessionId")
        if "records" not in request.data and "source" not in request.data:
            raise Incomplete("Missing data")
        form = JobInput(data=request.data)
        form.is_valid(raise_exception=True)
        session = find_session(request, form.validated_data["sessionId"])
        if form.validated_data["dryRun"]:
            return Response(_rehearse(request, session, form.validated_data))
        job = _submit(request, session, form.validated_data)
        body = QueuedJob(job.batch).data
        headers = {"Location": body["statusUrl"]}
        return Response(body, status=self.success_status, headers=headers)

    @extend_schema(
        operation_id="list_jobs",
        summary="List batches, newest first",
        tags=TAGS,
        parameters=[JobsQuery],
        responses={200: JobListOutput},
    )
    def get(self, request: Request) -> Response:
        query = asked(JobsQuery, request)
        statuses = query.get("status", [])
        runs = matching_runs(request, query)
        totals = runs.numbers_by_status()
        rows = page_of(runs, statuses, number=query["page"], size=query["pageSize"])
        total = sum(totals[word] for word in statuses or BatchStatus.values)
        page = Page(rows, query["page"], query["pageSize"], total)
        return Response(
            {
                "jobs": JobLine(page.rows, many=True).data,
                "pagination": page.pagination,
                "statusTotals": totals,
            }
        )


def _submit(request: Request, session: BatchSession, sent: dict[str, Any]) -> Job:
    options: dict[str, Any] = {
        "session": session,
        "owner": caller(request),
        "now": timezone.now(),
        "verbose": sent["verbose"],
        "priority": sent["priority"],
        "allow_duplicates": sent["allowDuplicates"],
    }
    if "records" in sent:
        return submit_records(records=sent["records"], **options)
    return submit_source(source=sent["source"], **options)


def _rehearse(request: Request, session: BatchSession, sent: dict[str, Any]) -> dict[str, Any]:
    duplicates = sent["allowDuplicates"]
    if "records" in sent:
        records = sent["records"]
        return rehearse_records(session=session, records=records, allow_duplicates=duplicates)
    return rehearse_source(
        session=session,
        owner=caller(request),
        source=sent["source"],
        allow_duplicates=duplicates,
    )


@extend_schema_view(
    post=extend_schema(
        operation_id="queue_batch",
        summary="Submit a batch, as the original's clients do",
        deprecated=True,
        responses={200: QueuedJob, **SUBMIT_ANSWERS},
    ),
)
class QueueBatch(Jobs):
    """The original's address of the same thing."""

    success_status = status.HTTP_200_OK
    http_method_names = ("post", "options")


class PreviewJob(APIView):
    """What a workbook would become, before anything is sent."""

    scope = "batches"

    @extend_schema(
        operation_id="preview_job",
        summary="Show the first records of a workbook and what is wrong with them",
        tags=TAGS,
        request=BatchPreviewInput,
        responses={200: BatchPreview},
        examples=[
            OpenApiExample(
                "Previewed",
                value={
                    "columns": ["Claim", "Member", "Days"],
                    "sample": [{"row": 2, "record": {"requestId": "RX-88120"}, "issues": []}],
                    "rows": 4120,
                    "records": 3987,
                    "invalid": 12,
                },
                response_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        require(request.data, "sessionId", "source")
        form = BatchPreviewInput(data=request.data)
        form.is_valid(raise_exception=True)
        session = find_session(request, form.validated_data["sessionId"])
        found = preview_source(
            session=session,
            owner=caller(request),
            source=form.validated_data["source"],
            limit=form.validated_data["limit"],
        )
        return Response(found)


class JobDetail(APIView):
    """One batch: how it stands, what became of its rows."""

    scope = "batches"

    @extend_schema(
        operation_id="get_job",
        summary="Show a batch; poll it with its ETag",
        tags=TAGS,
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={200: JobOutput, 304: OpenApiResponse(description="Nothing has changed.")},
    )
    def get(self, request: Request, job_id: str) -> Response:
        run: Any = find_run(request, job_id)
        body = JobOutput(run).data
        headers = {"ETag": etag_of(body), "Cache-Control": "private, no-cache"}
        if not BatchStatus(run.status).is_terminal:
            headers["Retry-After"] = str(POLL_SECONDS)
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(body, headers=headers)

    @extend_schema(
        operation_id="delete_job",
        summary="Take a finished batch out of the lists",
        tags=TAGS,
        responses={
            204: OpenApiResponse(description="The batch is gone from the lists."),
            409: OpenApiResponse(description="`job_still_open`"),
        },
    )
    def delete(self, request: Request, job_id: str) -> Response:
        run = find_run(request, job_id)
        archive_job(job=run.job, actor=caller(request).get_username(), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def etag_of(body: Any) -> str:
    """Return the tag of an answer: equal answers have equal tags."""
    return f'W/"{blake2b(OrjsonRenderer().render(body), digest_size=12).hexdigest()}"'

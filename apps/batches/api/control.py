from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.batches.api.job_forms import ControlOutput, RetryInput
from apps.batches.api.lookup import caller, find_run
from apps.batches.api.sessions import IDEMPOTENCY_KEY
from apps.core.api.idempotency import idempotent
from apps.jobs.services.archive_job import archive_job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.pause_job import pause_job, resume_job
from apps.jobs.services.retry_job import retry_job

Post = Callable[..., Response]
TAGS = ["Batches"]
CONFLICT = OpenApiResponse(description="The job's state does not allow it.")


def documented(
    name: str, summary: str, *, answer: int = 200, **options: Any
) -> Callable[[Post], Post]:
    """Describe an action on a job; its alias has the same words and says `deprecated`."""
    description: Callable[[Post], Post] = extend_schema(
        operation_id=name,
        summary=summary,
        tags=TAGS,
        responses={answer: ControlOutput, 409: CONFLICT},
        **{"request": None, **options},
    )
    return description


class PauseJob(APIView):
    """Stand still: calls in flight finish, nothing new is sent."""

    scope = "batches"

    @documented("pause_job", "Pause a batch")
    def post(self, request: Request, job_id: str) -> Response:
        job = find_run(request, job_id).job
        pause_job(job=job, actor=caller(request).get_username(), now=timezone.now())
        return Response({"status": "paused", "jobId": job.public_id})


class ResumeJob(APIView):
    """Go on after a pause, or before a retry is due."""

    scope = "batches"

    @documented("resume_job", "Resume a paused or delayed batch")
    def post(self, request: Request, job_id: str) -> Response:
        job = find_run(request, job_id).job
        resume_job(job=job, actor=caller(request).get_username())
        return Response({"status": "resumed", "jobId": job.public_id})


class CancelJob(APIView):
    """Stop for good: what is not yet sent stays unsent."""

    scope = "batches"

    @documented("cancel_job", "Cancel a batch", answer=202)
    def post(self, request: Request, job_id: str) -> Response:
        job = find_run(request, job_id).job
        cancel_job(job=job, actor=caller(request).get_username(), now=timezone.now())
        body = {"status": "cancelling", "jobId": job.public_id}
        return Response(body, status=status.HTTP_202_ACCEPTED)


class RetryJob(APIView):
    """Send unsuccessful rows again; succeeded ones never."""

    scope = "batches"

    @documented(
        "retry_job",
        "Send unsuccessful rows of a finished batch again",
        answer=202,
        request=RetryInput,
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "Two rows", value={"scope": "failed", "seqs": [3, 17]}, request_only=True
            )
        ],
    )
    @idempotent
    def post(self, request: Request, job_id: str) -> Response:
        job = find_run(request, job_id).job
        form = RetryInput(data=request.data)
        form.is_valid(raise_exception=True)
        actor = caller(request).get_username()
        retry_job(job=job, actor=actor, params=dict(form.validated_data))
        body = {"status": "queued", "jobId": job.public_id}
        return Response(body, status=status.HTTP_202_ACCEPTED)


class RemoveJob(APIView):
    """Take a finished batch out of the lists, as the original's clients do."""

    scope = "batches"

    @documented("remove_job", "Remove a finished batch", deprecated=True)
    def post(self, request: Request, job_id: str) -> Response:
        job = find_run(request, job_id).job
        archive_job(job=job, actor=caller(request).get_username(), now=timezone.now())
        return Response({"status": "removed", "jobId": job.public_id})


@extend_schema_view(post=extend_schema(operation_id="pause_job_alias", deprecated=True))
class PauseJobAlias(PauseJob):
    """The original's address of the same thing."""


@extend_schema_view(post=extend_schema(operation_id="resume_job_alias", deprecated=True))
class ResumeJobAlias(ResumeJob):
    """The original's address of the same thing."""

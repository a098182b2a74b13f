"""The buttons of a job's page, for programs."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.jobs.api.forms import CancelOutput
from apps.jobs.api.lookup import caller, find_job
from apps.jobs.history import history_of
from apps.jobs.services.pause_job import pause_job, resume_job
from apps.jobs.services.terminate_job import terminate_job
from apps.jobs.waiting import why_waiting

TAGS = ["Jobs of every kind"]
CONFLICT = OpenApiResponse(description="The job's state does not allow it.")


class PauseAnyJob(APIView):
    """Have a job stand still."""

    scope = "jobs"

    @extend_schema(
        operation_id="pause_any_job",
        summary="Pause a job of any kind",
        tags=TAGS,
        request=None,
        responses={200: CancelOutput, 409: CONFLICT},
    )
    def post(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        job = pause_job(job=job, actor=caller(request).get_username(), now=timezone.now())
        return Response({"jobId": job.pk, "state": job.state})


class ResumeAnyJob(APIView):
    """Let a job go on after a pause, or before it is due."""

    scope = "jobs"

    @extend_schema(
        operation_id="resume_any_job",
        summary="Resume a paused job, or run a scheduled one now",
        tags=TAGS,
        request=None,
        responses={200: CancelOutput, 409: CONFLICT},
    )
    def post(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        job = resume_job(job=job, actor=caller(request).get_username())
        return Response({"jobId": job.pk, "state": job.state})


class TerminateAnyJob(APIView):
    """End a job whose worker does not react."""

    scope = "jobs"

    @extend_schema(
        operation_id="terminate_any_job",
        summary="End a job whose cancellation its worker has ignored for 30 seconds",
        tags=TAGS,
        request=None,
        responses={200: CancelOutput, 409: CONFLICT},
    )
    def post(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        job = terminate_job(job=job, actor=caller(request).get_username(), now=timezone.now())
        return Response({"jobId": job.pk, "state": job.state})


class JobWaiting(APIView):
    """Why a job is not being worked on."""

    scope = "jobs"

    @extend_schema(
        operation_id="get_waiting",
        summary="Tell why a job waits; no reason means that it does not",
        tags=TAGS,
        responses={
            200: inline_serializer(
                "WaitingOutput",
                {
                    "jobId": serializers.UUIDField(),
                    "reasons": inline_serializer(
                        "WaitingReason",
                        {"code": serializers.CharField(), "message": serializers.CharField()},
                        many=True,
                    ),
                },
            )
        },
    )
    def get(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        reasons = why_waiting(job, timezone.now())
        told = [{"code": reason.code, "message": reason.sentence} for reason in reasons]
        return Response({"jobId": job.pk, "reasons": told})


class JobHistory(APIView):
    """All that is known of a job."""

    scope = "jobs"

    @extend_schema(
        operation_id="get_history",
        summary="Download the full history of a job, without secrets",
        tags=TAGS,
        responses={200: OpenApiResponse({"type": "object", "additionalProperties": True})},
    )
    def get(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        name = f'attachment; filename="{job.public_id}.json"'
        return Response(history_of(job), headers={"Content-Disposition": name})

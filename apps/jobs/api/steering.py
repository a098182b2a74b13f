"""Steering one job by another one's example, or many jobs at once."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.idempotency import idempotent
from apps.core.errors import Detail, Invalid
from apps.core.ids import from_public_id
from apps.jobs.api.forms import JobFilter
from apps.jobs.api.lookup import caller, find_job
from apps.jobs.api.matching import matching
from apps.jobs.cloning import cloner_of
from apps.jobs.models import Job
from apps.jobs.services.steer_many import ACTIONS, MOST, ask_to_steer, steerable

TAGS = ["Jobs of every kind"]


class CloneInput(serializers.Serializer[Any]):
    """What is to be different from the job that is cloned."""

    overrides = serializers.DictField(required=False, default=dict)


class CloneOutput(serializers.Serializer[Any]):
    jobId = serializers.UUIDField()
    status = serializers.CharField()
    statusUrl = serializers.CharField()


class BulkInput(serializers.Serializer[Any]):
    """Which jobs, and what to do with them."""

    action = serializers.ChoiceField(choices=ACTIONS)
    ids = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=MOST, min_length=1
    )
    filter = JobFilter(required=False)
    dryRun = serializers.BooleanField(default=False, help_text="Only say how many there are.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one way of naming jobs: an empty one would mean all of them."""
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"ids": "Give either ids or a filter."})
        if "filter" in attrs and not attrs["filter"]:
            raise serializers.ValidationError({"filter": "Name at least one thing."})
        return attrs


class BulkOutput(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=ACTIONS)
    matched = serializers.IntegerField(help_text="Jobs that are meant and that you may see.")
    count = serializers.IntegerField(help_text="Those whose state allows it.")
    dryRun = serializers.BooleanField()


def read_strictly(form: serializers.Serializer[Any]) -> dict[str, Any]:
    """
    Return what was sent.

    :raises Invalid: if there are fields that nobody knows
    """
    given = form.initial_data
    unknown = sorted(set(given) - set(form.fields)) if isinstance(given, dict) else []
    if unknown:
        details = [Detail(name[:60], "unknown", "There is no such field.") for name in unknown]
        raise Invalid("Validation failed", details=details)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


class CloneJob(APIView):
    """Start a job like an earlier one."""

    scope = "jobs"

    @extend_schema(
        operation_id="clone_job",
        summary="Start a job like this one, with changes",
        tags=TAGS,
        request=CloneInput,
        responses={
            202: CloneOutput,
            409: OpenApiResponse(description="Jobs of this kind cannot be cloned."),
            422: OpenApiResponse(description="`details` names every field that is wrong."),
            429: OpenApiResponse(description="You have too many unfinished jobs."),
        },
        examples=[
            OpenApiExample(
                "More rows, as a workbook",
                {"overrides": {"rows": 20000, "format": "xlsx"}},
                request_only=True,
            )
        ],
    )
    @idempotent
    def post(self, request: Request, job_id: str) -> Response:
        job = find_job(request, job_id)
        form = read_strictly(CloneInput(data=request.data or {}))
        clone = cloner_of(job)(
            job=job, overrides=form["overrides"], owner=caller(request), now=timezone.now()
        )
        status_url = f"/status/{clone.pk}"
        body = {"jobId": str(clone.pk), "status": "pending", "statusUrl": status_url}
        return Response(body, status=202, headers={"Location": status_url, "Retry-After": "2"})


class SteerManyJobs(APIView):
    """Cancel, retry or delete many jobs."""

    scope = "jobs"

    @extend_schema(
        operation_id="steer_many_jobs",
        summary="Cancel, retry, pause, resume or delete many jobs",
        description="With `dryRun` only the count; otherwise it is done in the background.",
        tags=TAGS,
        request=BulkInput,
        responses={
            202: BulkOutput,
            422: OpenApiResponse(description="Nothing is named, or more than 10,000 jobs are."),
        },
        examples=[
            OpenApiExample(
                "How many failed generations could be tried again?",
                {
                    "action": "retry",
                    "filter": {"type": "generation", "state": "failed"},
                    "dryRun": True,
                },
                request_only=True,
            ),
            OpenApiExample(
                "Seven",
                {"action": "retry", "matched": 7, "count": 7, "dryRun": True},
                response_only=True,
                status_codes=["202"],
            ),
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        form = read_strictly(BulkInput(data=request.data or {}))
        user = caller(request)
        jobs = Job.objects.visible_to(user)
        if "ids" in form:
            jobs = jobs.filter(pk__in=[from_public_id("job", text) for text in form["ids"]])
        else:
            jobs = matching(jobs, form["filter"])
        chosen = steerable(jobs, form["action"])
        matched, count = jobs.count(), chosen.count()
        if not form["dryRun"]:
            count = ask_to_steer(
                chosen, action=form["action"], actor=user.get_username(), which=_told(form)
            )
        body = {"action": form["action"], "matched": matched, "count": count}
        return Response(body | {"dryRun": form["dryRun"]}, status=202)


def _told(form: dict[str, Any]) -> str:
    """Return how the jobs were named, for the list of who did what."""
    if "ids" in form:
        return f"chosen by id ({len(form['ids']):,})"
    return ", ".join(f"{name}={value}" for name, value in form["filter"].items())

"""What the queue pages of the admin show and do, for programs."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import Role
from apps.core.api.paging import paginate
from apps.jobs.api.lookup import caller
from apps.jobs.api.queue_forms import (
    ActionListOutput,
    ActionOutput,
    FailureListOutput,
    FailureOutput,
    HourOutput,
    JobQueueOutput,
    PausePart,
    PeriodicListOutput,
    PeriodicOutput,
    QueueListOutput,
    QueueReasonInput,
    WorkerListOutput,
    WorkerOutput,
)
from apps.jobs.api.steering import read_strictly
from apps.jobs.failures import failure_groups
from apps.jobs.models import Job, QueueAction
from apps.jobs.queue_figures import standing_of_queues
from apps.jobs.services.pause_queue import (
    key_of_queue,
    name_of_queue,
    pause_queue,
    resume_queue,
)
from apps.jobs.timetable import timetable
from apps.jobs.workers import benches

TAGS = ["Queues"]
NOT_FOUND = OpenApiResponse(description="There is no such queue.")


class QueueList(APIView):
    """All queues at one glance; a queue holds the jobs of one kind."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_queues",
        summary="Show what waits, what was done in 24 hours, and what stands still and why",
        tags=TAGS,
        responses={200: QueueListOutput},
    )
    def get(self, _request: Request) -> Response:
        standing = standing_of_queues(timezone.now())
        return Response(
            {
                "queues": JobQueueOutput(standing.lines, many=True).data,
                "pause": PausePart(standing.pause).data if standing.pause else None,
                "hours": HourOutput(standing.hours, many=True).data,
                "messages": {
                    "unsent": standing.unsent,
                    "oldestSeconds": standing.unsent_seconds,
                    "setAside": standing.set_aside,
                },
            }
        )


def _queue(name: str) -> dict[str, Any]:
    wanted = name_of_queue(key_of_queue(name))
    standing = standing_of_queues(timezone.now())
    return dict(JobQueueOutput(standing.line(wanted)).data)


class OneQueue(APIView):
    """One queue; `all` is all of them."""

    scope = "jobs"

    @extend_schema(
        operation_id="get_one_queue",
        summary="Show one queue",
        tags=TAGS,
        responses={200: JobQueueOutput, 404: NOT_FOUND},
    )
    def get(self, _request: Request, name: str) -> Response:
        return Response(_queue(name))


class PauseOneQueue(APIView):
    """Stop the jobs of one kind, or all; it survives a restart."""

    scope = "jobs"
    roles = {"POST": Role.ADMIN}

    @extend_schema(
        operation_id="pause_one_queue",
        summary="Let no worker take a job of this queue",
        description="Slices that run give their job back within seconds. `all` stops everything.",
        tags=TAGS,
        request=QueueReasonInput,
        responses={200: JobQueueOutput, 404: NOT_FOUND},
        examples=[
            OpenApiExample("Why", {"reason": "The storage is being moved"}, request_only=True)
        ],
    )
    def post(self, request: Request, name: str) -> Response:
        form = read_strictly(QueueReasonInput(data=request.data or {}))
        pause_queue(queue=name, actor=_actor(request), reason=form["reason"], now=timezone.now())
        return Response(_queue(name))


class ResumeOneQueue(APIView):
    """Let the work go on."""

    scope = "jobs"
    roles = {"POST": Role.ADMIN}

    @extend_schema(
        operation_id="resume_one_queue",
        summary="Let workers take jobs of this queue again",
        tags=TAGS,
        request=QueueReasonInput,
        responses={200: JobQueueOutput, 404: NOT_FOUND},
    )
    def post(self, request: Request, name: str) -> Response:
        form = read_strictly(QueueReasonInput(data=request.data or {}))
        resume_queue(queue=name, actor=_actor(request), reason=form["reason"])
        return Response(_queue(name))


def _actor(request: Request) -> str:
    return caller(request).get_username()


class WorkerList(APIView):
    """Who works, and on what."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_workers",
        summary="List workers with their last heartbeat and what they work on",
        tags=TAGS,
        responses={200: WorkerListOutput},
    )
    def get(self, _request: Request) -> Response:
        found = benches(timezone.now())
        return Response({"workers": WorkerOutput(found, many=True).data})


class FailureList(APIView):
    """Failed jobs, grouped by cause."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_failures",
        summary="Group failed jobs that you may see by their cause",
        description="`POST /status/bulk` with `filter: {fingerprint}` tries a whole group again.",
        tags=TAGS,
        responses={200: FailureListOutput},
    )
    def get(self, request: Request) -> Response:
        groups = failure_groups(Job.objects.visible_to(caller(request)))
        return Response({"failures": FailureOutput(groups, many=True).data})


class Timetable(APIView):
    """What runs by itself."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_periodic",
        summary="List what runs by itself: when last, how it went, when next",
        tags=TAGS,
        responses={200: PeriodicListOutput},
    )
    def get(self, _request: Request) -> Response:
        entries = timetable(timezone.now())
        return Response({"periodic": PeriodicOutput(entries, many=True).data})


class ActionList(APIView):
    """Who did what to queues, and to many jobs at once."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_queue_actions",
        summary="List who paused, resumed, retried or cancelled what",
        tags=TAGS,
        parameters=[
            OpenApiParameter("page", int, description="From 1."),
            OpenApiParameter("pageSize", int, description="1 to 100, 20 unless told."),
        ],
        responses={200: ActionListOutput},
    )
    def get(self, request: Request) -> Response:
        page = paginate(request, QueueAction.objects.all(), default_size=20)
        actions = ActionOutput(page.rows, many=True).data
        return Response({"actions": actions, "pagination": page.pagination})

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import Role
from apps.batches.api.job_forms import QueueOutput, QueueStanding, ReasonInput
from apps.batches.api.lookup import caller
from apps.core.times import iso
from apps.jobs.models import QueueState
from apps.jobs.services.pause_queue import pause_queue, resume_queue

TAGS = ["Queue"]


def _reason(request: Request) -> str:
    form = ReasonInput(data=request.data or {})
    form.is_valid(raise_exception=True)
    return str(form.validated_data["reason"])


class Queue(APIView):
    """Whether workers take jobs at all."""

    scope = "batches"

    @extend_schema(
        operation_id="get_queue",
        summary="Show whether the queue stands still, since when, why and by whom",
        tags=TAGS,
        responses={200: QueueStanding},
    )
    def get(self, _request: Request) -> Response:
        state = QueueState.objects.filter(name=QueueState.SLICES).first() or QueueState()
        return Response(
            {
                "paused": state.paused_at is not None,
                "pausedAt": iso(state.paused_at),
                "reason": state.reason,
                "actor": state.actor,
            }
        )


class PauseQueue(APIView):
    """Stop all work; it survives a restart."""

    scope = "batches"
    roles = {"POST": Role.ADMIN}

    @extend_schema(
        operation_id="pause_queue",
        summary="Let no worker take a job",
        tags=TAGS,
        request=ReasonInput,
        responses={200: QueueOutput},
    )
    def post(self, request: Request) -> Response:
        actor = caller(request).get_username()
        pause_queue(actor=actor, reason=_reason(request), now=timezone.now())
        return Response({"status": "queue paused"})


class ResumeQueue(APIView):
    """Let the work go on."""

    scope = "batches"
    roles = {"POST": Role.ADMIN}

    @extend_schema(
        operation_id="resume_queue",
        summary="Let workers take jobs again",
        tags=TAGS,
        request=ReasonInput,
        responses={200: QueueOutput},
    )
    def post(self, request: Request) -> Response:
        resume_queue(actor=caller(request).get_username(), reason=_reason(request))
        return Response({"status": "queue resumed"})

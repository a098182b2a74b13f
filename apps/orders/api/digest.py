"""The route by which a scheduler has the daily digest sent."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.desk import DeskView
from apps.core.api.errors import error_body
from apps.core.errors import NotSignedIn
from apps.orders.digest.calendar import business_day
from apps.orders.services.send_digest import DigestReport, send_digest
from apps.orders.status import DigestStatus


class NotTheScheduler(NotSignedIn):
    """Invalid or missing authentication"""


class DigestOutput(serializers.Serializer[Any]):
    message = serializers.CharField()
    status = serializers.ChoiceField(
        choices=["sent", "started"], required=False, help_text="Absent if it was sent before."
    )
    digestDate = serializers.DateField()
    orderCounts = inline_serializer(
        "DigestOrderCounts",
        {
            name: serializers.IntegerField()
            for name in ("overdue", "oneDay", "threeDay", "sevenDay")
        },
        required=False,
        help_text="Absent if there was nothing to send.",
    )


SENT = {
    "message": "Digest completed successfully",
    "status": "sent",
    "digestDate": "2025-02-01",
    "orderCounts": {"overdue": 0, "oneDay": 1, "threeDay": 0, "sevenDay": 2},
}
BEFORE = {"message": "Digest already sent for today", "digestDate": "2025-02-01"}
HELP = (
    "For a scheduler: `X-DIGEST-SECRET` with DIGEST_JOB_SECRET, or `Authorization: Bearer` with"
    " CRON_SECRET. Whoever has got today's mail never gets a second one, so it may be called as"
    " often as one likes; mails that failed are tried again. Nothing needs to call it: it is sent"
    " at DIGEST_TIME anyway."
)


DOCUMENTED: dict[str, Any] = {
    "summary": "Send today's digest of orders that are due",
    "description": HELP,
    "tags": ["Orders"],
    "auth": [],
    "request": None,
    "parameters": [OpenApiParameter("X-DIGEST-SECRET", str, OpenApiParameter.HEADER)],
    "responses": {
        200: DigestOutput,
        401: OpenApiResponse(description="`not_authenticated`"),
        500: OpenApiResponse(
            description="`digest_failed`: `error` says why and how many are affected;"
            " `digest_not_configured`: neither secret is set"
        ),
    },
    "examples": [
        OpenApiExample("Sent", value=SENT, response_only=True, status_codes=["200"]),
        OpenApiExample("Sent before", value=BEFORE, response_only=True, status_codes=["200"]),
    ],
}


class RunDigest(DeskView):
    """Today's digest; some platforms' schedules can only GET."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="run_digest", **DOCUMENTED)
    def post(self, request: Request) -> Response:
        if not (settings.DIGEST_JOB_SECRET or settings.CRON_SECRET):
            message = "Server configuration error"
            return Response(error_body(message, "digest_not_configured"), status=500)
        if not _is_scheduler(request):
            raise NotTheScheduler
        now = timezone.now()
        return _answer(send_digest(day=business_day(now), now=now))

    @extend_schema(operation_id="run_digest_by_get", **DOCUMENTED)
    def get(self, request: Request) -> Response:
        return self.post(request)


def _is_scheduler(request: Request) -> bool:
    header, bearer = settings.DIGEST_JOB_SECRET, settings.CRON_SECRET
    # Both are compared, always: the time tells nothing about which of them is set or close.
    by_header = constant_time_compare(request.headers.get("X-Digest-Secret", ""), header or "")
    by_bearer = constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {bearer}")
    return bool(header and by_header) | bool(bearer and by_bearer)


def _answer(report: DigestReport) -> Response:
    run = report.run
    if run.status == DigestStatus.FAILED:
        body = error_body(report.message, "digest_failed") | {"error": run.error}
        return Response(body, status=500)
    if report.was_sent_before:
        return Response({"message": report.message, "digestDate": f"{run.digest_date}"})
    # Nobody is owed a mail: schedulers know one word for that.
    is_open = run.status == DigestStatus.STARTED
    body = {
        "message": report.message,
        "status": "started" if is_open else "sent",
        "digestDate": f"{run.digest_date}",
    }
    if run.status != DigestStatus.EMPTY:
        body["orderCounts"] = run.counts
    return Response(body)

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.batches.answers import latest_successes
from apps.batches.api.fields import PeriodQuery, Query, WordsField, asked
from apps.batches.api.lookup import JobNotFound, find_session
from apps.batches.log_types import LOG_LEVELS, LOG_TYPES
from apps.batches.logs import LogFilter, count_lines, read_lines
from apps.batches.models import BatchRun, BatchSession
from apps.core.errors import Missing
from apps.core.ids import from_public_id, public_id

TAGS = ["Logs"]


class LogsQuery(PeriodQuery):
    start = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)
    count = serializers.IntegerField(min_value=1, max_value=500, default=50)
    type = WordsField(LOG_TYPES)
    level = WordsField(LOG_LEVELS)
    jobId = serializers.CharField(max_length=64, required=False)
    order = serializers.ChoiceField(choices=["asc", "desc"], default="asc")


class SuccessQuery(Query):
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    start = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)


class LogEntry(serializers.Serializer[Any]):
    time = serializers.DateTimeField()
    level = serializers.CharField()
    sessionId = serializers.CharField()
    jobId = serializers.CharField()
    seq = serializers.IntegerField(allow_null=True)
    batchId = serializers.CharField(allow_null=True, help_text="The record's member.")
    recordKey = serializers.CharField(allow_null=True)
    requestId = serializers.CharField(allow_null=True, help_text="The HTTP request's id.")
    type = serializers.CharField()
    message = serializers.CharField()
    meta = serializers.DictField()


class LogsOutput(serializers.Serializer[Any]):
    sessionId = serializers.CharField()
    jobId = serializers.CharField(allow_null=True)
    jobIds = serializers.ListField(child=serializers.CharField())
    total = serializers.IntegerField()
    start = serializers.IntegerField()
    count = serializers.IntegerField()
    logs = LogEntry(many=True)


class SuccessEntry(serializers.Serializer[Any]):
    responseId = serializers.CharField()
    sessionId = serializers.CharField()
    jobId = serializers.CharField()
    timestamp = serializers.DateTimeField()
    statusCode = serializers.IntegerField()
    headers = serializers.DictField()
    data = serializers.JSONField()  # type: ignore[assignment]  # contract's name
    truncated = serializers.BooleanField()
    record = serializers.JSONField()
    durationMs = serializers.IntegerField(allow_null=True)
    seq = serializers.IntegerField()


class SuccessOutput(serializers.Serializer[Any]):
    sessionId = serializers.CharField()
    total = serializers.IntegerField()
    count = serializers.IntegerField()
    responses = SuccessEntry(many=True)


class Logs(APIView):
    """What happened in a session, line by line."""

    scope = "batches"

    @extend_schema(
        operation_id="read_logs",
        summary="Read the log of a session",
        tags=TAGS,
        parameters=[LogsQuery],
        responses={200: LogsOutput},
        examples=[
            OpenApiExample(
                "One line",
                value={
                    "sessionId": "ses_01J9ZC3M4QW5YB6N8T2VKX7RHD",
                    "jobId": "job_01J9ZD0V7KF3E2M8Q6R5T4W9XA",
                    "jobIds": ["job_01J9ZD0V7KF3E2M8Q6R5T4W9XA"],
                    "total": 214,
                    "start": 0,
                    "count": 1,
                    "logs": [
                        {
                            "time": "2025-11-03T09:15:03.002Z",
                            "level": "info",
                            "sessionId": "ses_01J9ZC3M4QW5YB6N8T2VKX7RHD",
                            "jobId": "job_01J9ZD0V7KF3E2M8Q6R5T4W9XA",
                            "seq": None,
                            "batchId": None,
                            "recordKey": None,
                            "requestId": "req_01J9ZD0V7K",
                            "type": "JOB_STARTED",
                            "message": "Job started",
                            "meta": {"totalRecords": 412},
                        }
                    ],
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, session_id: str) -> Response:
        query = asked(LogsQuery, request)
        session = find_session(request, session_id, history=True)
        wanted = LogFilter(
            jobs=_jobs_of(session, query.get("jobId")),
            types=query.get("type", []),
            levels=query.get("level", []),
            since=query.get("from"),
            until=query.get("to"),
            start=query["start"],
            count=query["count"],
            newest_first=query["order"] == "desc",
        )
        job_ids = [public_id("job", job) for job in wanted.jobs]
        lines = read_lines(session, wanted)
        return Response(
            {
                "sessionId": session.public_id,
                "jobId": job_ids[0] if len(job_ids) == 1 else None,
                "jobIds": job_ids,
                "total": count_lines(wanted),
                "start": query["start"],
                "count": len(lines),
                "logs": lines,
            }
        )


def _jobs_of(session: BatchSession, job_id: str | None) -> list[UUID]:
    """
    Return the jobs whose lines are wanted, the oldest first.

    :raises JobNotFound: if a job is named that the session has not
    """
    runs = BatchRun.objects.filter(session=session).order_by("pk")
    if job_id is None:
        return list(runs.values_list("pk", flat=True))
    try:
        found = list(runs.filter(pk=from_public_id("job", job_id)).values_list("pk", flat=True))
    except Missing:
        raise JobNotFound from None
    if not found:
        raise JobNotFound
    return found


class Successes(APIView):
    """What the partner said about the records that it took."""

    scope = "batches"

    @extend_schema(
        operation_id="read_successes",
        summary="Read the partner's answers to accepted records, newest first",
        tags=TAGS,
        parameters=[SuccessQuery],
        responses={200: SuccessOutput},
    )
    def get(self, request: Request, session_id: str) -> Response:
        query = asked(SuccessQuery, request)
        session = find_session(request, session_id, history=True)
        total, found = latest_successes(session, start=query["start"], limit=query["limit"])
        return Response(
            {
                "sessionId": session.public_id,
                "total": total,
                "count": len(found),
                "responses": found,
            }
        )

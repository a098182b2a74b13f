from typing import Any

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.batches.api.fields import PageQuery, asked
from apps.batches.api.lookup import caller, find_session
from apps.batches.api.session_forms import (
    OpenedSession,
    RenewedSession,
    RenewInput,
    SessionInput,
    SessionLine,
    SessionOutput,
)
from apps.batches.models import BatchSession
from apps.batches.services.close_session import close_session
from apps.batches.services.open_session import open_session
from apps.batches.services.renew_session import renew_session
from apps.core.api.idempotency import idempotent
from apps.core.api.paging import paginate
from apps.core.errors import Incomplete

TAGS = ["Sessions"]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="At most 128 characters. The same key and body within 24 hours replay the answer.",
)
OPENING = OpenApiExample(
    "A partner with Basic login",
    value={
        "apiUrl": "https://claims.partner.example/v2/submit",
        "auth": {"type": "basic", "userId": "shop-17", "apiKey": "…"},
        "name": "March claims",
        "rateLimit": {"requestsPerMinute": 600, "maxConcurrent": 5, "minIntervalMs": 100},
    },
    request_only=True,
)
OPENED = OpenApiExample(
    "Opened",
    value={
        "sessionId": "ses_01J9ZC3M4QW5YB6N8T2VKX7RHD",
        "expiresAt": "2025-11-10T09:15:02.418Z",
        "apiUrl": "https://claims.partner.example/v2/submit",
        "authType": "basic",
    },
    response_only=True,
)
LINE = {
    "sessionId": "ses_01J9ZC3M4QW5YB6N8T2VKX7RHD",
    "logCount": 214,
    "ttl": 531200,
    "name": "March claims",
    "host": "claims.partner.example",
    "createdAt": "2025-11-03T09:15:02.418Z",
    "expiresAt": "2025-11-10T09:15:02.418Z",
    "jobCount": 3,
    "openErrors": 7,
}


class SessionsQuery(PageQuery):
    includeExpired = serializers.BooleanField(default=False)


def require(data: Any, *names: str) -> None:
    """
    Ask for what the original asked for, in its words.

    :raises Incomplete: if the body is no object, or one of the names is absent or empty
    """
    if not isinstance(data, dict) or not all(data.get(name) for name in names):
        raise Incomplete("Missing data")


class Sessions(APIView):
    """The partners to which rows are sent, each with its login and its pace."""

    scope = "batches"
    success_status: int = status.HTTP_201_CREATED

    @extend_schema(
        operation_id="open_session",
        summary="Open a session",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=SessionInput,
        responses={201: OpenedSession, 422: OpenApiResponse(description="A value is refused.")},
        examples=[OPENING, OPENED],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        require(request.data, "apiUrl", "auth")
        form = SessionInput(data=request.data)
        form.is_valid(raise_exception=True)
        session = open_session(
            owner=caller(request),
            api_url=form.validated_data["apiUrl"],
            credentials=form.validated_data["auth"],
            ttl_seconds=form.validated_data.get("ttlSeconds"),
            now=timezone.now(),
            **form.options(),
        )
        return Response(OpenedSession(session).data, status=self.success_status)

    @extend_schema(
        operation_id="list_sessions",
        summary="List sessions, newest first",
        tags=TAGS,
        parameters=[SessionsQuery],
        responses={200: SessionLine(many=True)},
        examples=[OpenApiExample("A session", value=LINE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        query = asked(SessionsQuery, request)
        sessions = BatchSession.objects.visible_to(caller(request))
        if not query["includeExpired"]:
            sessions = sessions.usable(timezone.now())
        page = paginate(request, sessions.with_counts())
        headers = {"X-Total-Count": str(page.total)}
        return Response(SessionLine(page.rows, many=True).data, headers=headers)


@extend_schema_view(
    post=extend_schema(
        operation_id="init_session",
        summary="Open a session, as the original's clients do",
        deprecated=True,
        responses={200: OpenedSession},
    ),
)
class InitSession(Sessions):
    """The original's address of the same thing."""

    success_status = status.HTTP_200_OK
    http_method_names = ("post", "options")


class Session(APIView):
    """One session; its secrets are never shown."""

    scope = "batches"

    @extend_schema(
        operation_id="get_session",
        summary="Show a session",
        tags=TAGS,
        responses={200: SessionOutput},
    )
    def get(self, request: Request, session_id: str) -> Response:
        found = find_session(request, session_id)
        session = BatchSession.objects.with_counts().get(pk=found.pk)
        return Response(SessionOutput(session).data)

    @extend_schema(
        operation_id="delete_session",
        summary="Erase the credentials, cancel open jobs, keep the history",
        tags=TAGS,
        responses={204: OpenApiResponse(description="The session is closed.")},
    )
    def delete(self, request: Request, session_id: str) -> Response:
        session = find_session(request, session_id)
        actor = caller(request).get_username()
        close_session(session=session, actor=actor, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class RenewSession(APIView):
    """More time for a session, and new credentials if the old ones no longer work."""

    scope = "batches"

    @extend_schema(
        operation_id="renew_session",
        summary="Renew a session",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=RenewInput,
        responses={200: RenewedSession},
        examples=[
            OpenApiExample(
                "More time", value={"ttlSeconds": 604800, "resumeJobs": True}, request_only=True
            )
        ],
    )
    @idempotent
    def post(self, request: Request, session_id: str) -> Response:
        session = find_session(request, session_id)
        form = RenewInput(data=request.data)
        form.is_valid(raise_exception=True)
        resumed = renew_session(
            session=session,
            actor=caller(request).get_username(),
            credentials=form.validated_data.get("auth"),
            ttl_seconds=form.validated_data.get("ttlSeconds"),
            resume_jobs=form.validated_data["resumeJobs"],
            now=timezone.now(),
        )
        return Response(RenewedSession(session, context={"resumed": resumed}).data)

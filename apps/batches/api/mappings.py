import re

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.batches.api.lookup import find_session
from apps.batches.services.save_mapping import MappingNotFound, delete_mapping, save_mapping
from apps.core.errors import Detail, Invalid

TAGS = ["Sessions"]
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
CLAIMS = OpenApiExample(
    "Claims",
    value={
        "mapping": {
            "Claim": {"field": "requestId", "type": "string"},
            "Member": {"field": "memberId", "type": "string"},
            "Days": {"field": "daysOfSupply", "type": "integer"},
        },
        "constants": {"source": "workbook"},
    },
)


class SavedMapping(APIView):
    """How the columns of a partner's usual workbook become fields, saved under a name."""

    scope = "batches"

    @extend_schema(
        operation_id="get_mapping",
        summary="Show a saved mapping",
        tags=TAGS,
        responses={200: OpenApiTypes.OBJECT},
        examples=[CLAIMS],
    )
    def get(self, request: Request, session_id: str, name: str) -> Response:
        session = find_session(request, session_id)
        if name not in session.mappings:
            raise MappingNotFound
        return Response(session.mappings[name])

    @extend_schema(
        operation_id="save_mapping",
        summary="Save a mapping, to be named as `mapping` in a source",
        tags=TAGS,
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT},
        examples=[CLAIMS],
    )
    def put(self, request: Request, session_id: str, name: str) -> Response:
        session = find_session(request, session_id)
        if not NAME.fullmatch(name):
            message = "A name has 1 to 64 letters, digits, hyphens or underscores."
            raise Invalid(message, details=[Detail("name", "invalid", message)])
        is_new = save_mapping(session=session, name=name, mapping=request.data)
        answer = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(request.data, status=answer)

    @extend_schema(
        operation_id="delete_mapping",
        summary="Forget a mapping",
        tags=TAGS,
        responses={204: OpenApiResponse(description="The mapping is gone.")},
    )
    def delete(self, request: Request, session_id: str, name: str) -> Response:
        delete_mapping(session=find_session(request, session_id), name=name)
        return Response(status=status.HTTP_204_NO_CONTENT)

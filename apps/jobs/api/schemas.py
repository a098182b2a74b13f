from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.paging import whole_number
from apps.core.times import iso
from apps.jobs.api.generate_forms import (
    REQUESTS,
    SavedSchemaListOutput,
    SavedSchemaOutput,
    SchemaInput,
)
from apps.jobs.api.lookup import caller
from apps.jobs.models import SavedSchema
from apps.jobs.services.saved_schemas import (
    delete_schema,
    find_schema,
    latest_schemas,
    save_schema,
)

TAGS = ["Generated data"]
MOST_VERSIONS = 999_999_999


def as_json(schema: SavedSchema) -> dict[str, Any]:
    """Return the schema as clients see it."""
    return {
        "name": schema.name,
        "version": schema.version,
        "document": schema.document,
        "createdAt": iso(schema.created_at),
        "createdBy": schema.created_by.get_username() if schema.created_by else None,
    }


class SavedSchemaList(APIView):
    """Schemas that were kept under a name; everybody here shares them."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_schemas",
        summary="List the saved schemas",
        tags=TAGS,
        responses={200: SavedSchemaListOutput},
    )
    def get(self, _request: Request) -> Response:
        schemas = latest_schemas().select_related("created_by")
        return Response({"schemas": [as_json(schema) for schema in schemas]})


class OneSavedSchema(APIView):
    """A schema under a name."""

    scope = "jobs"

    @extend_schema(
        operation_id="get_schema",
        summary="Show a saved schema",
        tags=TAGS,
        parameters=[OpenApiParameter("version", int, description="The newest unless told.")],
        responses={200: SavedSchemaOutput},
    )
    def get(self, request: Request, name: str) -> Response:
        version = whole_number(request, "version", default=0, least=1, most=MOST_VERSIONS)
        return Response(as_json(find_schema(name, version or None)))

    @extend_schema(
        operation_id="save_schema",
        summary="Save a schema",
        description="A changed one is a new version; jobs may name `customers` or `customers@3`.",
        tags=TAGS,
        request=SchemaInput,
        responses={
            200: SavedSchemaOutput,
            422: OpenApiResponse(description="`details` names every field that is wrong."),
        },
        examples=REQUESTS[:2],
    )
    def put(self, request: Request, name: str) -> Response:
        schema = save_schema(
            name=name, document=request.data, owner=caller(request), now=timezone.now()
        )
        schema.refresh_from_db()
        return Response(as_json(schema))

    @extend_schema(
        operation_id="delete_schema",
        summary="Forget a saved schema",
        tags=TAGS,
        responses={204: OpenApiResponse(description="All its versions are gone.")},
    )
    def delete(self, _request: Request, name: str) -> Response:
        delete_schema(name=name)
        return Response(status=204)

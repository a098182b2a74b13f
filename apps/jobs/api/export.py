from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import ApiKey
from apps.core.api.idempotency import idempotent
from apps.jobs.api.export_forms import (
    REQUESTS,
    DatasetListOutput,
    EstimateOutput,
    ExportInput,
    ExportOutput,
)
from apps.jobs.api.lookup import caller
from apps.jobs.exports.datasets import Dataset, datasets_for
from apps.jobs.exports.filters import operators_of
from apps.jobs.services.estimate_export import estimate_export
from apps.jobs.services.start_export import start_export

TAGS = ["Exports"]
POLL_SECONDS = 2
REFUSALS: dict[Any, Any] = {
    403: OpenApiResponse(description="Your role, or your key, may not read the source."),
    404: OpenApiResponse(description="There is no such source, or it is somebody else's."),
    409: OpenApiResponse(
        description="The source is not ready, or the Idempotency-Key belongs to another request."
    ),
    410: OpenApiResponse(description="The source is no longer kept."),
    413: OpenApiResponse(description="The body is larger than 1 MiB."),
    422: OpenApiResponse(
        description="`details` names every column, format, operator and value that is wrong;"
        " or there are more rows than a worksheet holds, without `split`."
    ),
}
EXAMPLE_ID = "0190d1d0-5f1c-7aa2-8c1e-1f2a3b4c5d6e"
ACCEPTED = OpenApiExample(
    "Accepted",
    {"jobId": EXAMPLE_ID, "status": "pending", "statusUrl": f"/status/{EXAMPLE_ID}"},
    response_only=True,
    status_codes=["202"],
)
ESTIMATED = OpenApiExample(
    "Estimated",
    {
        "rows": 5000,
        "exact": True,
        "bytes": 402133,
        "preview": [{"Order": "ORD104711", "Total": 2599.0}],
        "warnings": [],
    },
    response_only=True,
)
LISTED = OpenApiExample(
    "Items",
    {
        "datasets": [
            {
                "dataset": "items",
                "title": "Items",
                "description": "A row an item.",
                "columns": [
                    {
                        "name": "isDeleted",
                        "type": "boolean",
                        "description": "No longer sold.",
                        "operators": ["eq", "ne", "in", "isNull"],
                    }
                ],
            }
        ]
    },
    response_only=True,
)


def scopes_of(request: Request) -> frozenset[str]:
    """Return to what the caller's key is confined; nothing where it is not."""
    return frozenset(request.auth.scopes if isinstance(request.auth, ApiKey) else ())


class ExportData(APIView):
    """Start writing rows into a file."""

    scope = "jobs"

    @extend_schema(
        operation_id="export_data",
        summary="Start an export",
        description=(
            "The file is written in the background, of the rows as they are at one moment. Texts"
            " that a spreadsheet would take for formulas are made harmless."
        ),
        tags=TAGS,
        request=ExportInput,
        responses={
            202: ExportOutput,
            **REFUSALS,
            429: OpenApiResponse(description="You have too many unfinished jobs."),
        },
        examples=[*REQUESTS, ACCEPTED],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        job = start_export(
            document=request.data,
            owner=caller(request),
            now=timezone.now(),
            scopes=scopes_of(request),
        )
        status_url = f"/status/{job.pk}"
        body = {"jobId": str(job.pk), "status": "pending", "statusUrl": status_url}
        headers = {"Location": status_url, "Retry-After": str(POLL_SECONDS)}
        return Response(body, status=202, headers=headers)


class EstimateExport(APIView):
    """See how much an export would be."""

    scope = "jobs"

    @extend_schema(
        operation_id="estimate_export",
        summary="Estimate an export, and see how it begins",
        tags=TAGS,
        request=ExportInput,
        responses={200: EstimateOutput, **REFUSALS},
        examples=[*REQUESTS, ESTIMATED],
    )
    def post(self, request: Request) -> Response:
        estimate = estimate_export(
            document=request.data,
            user=caller(request),
            now=timezone.now(),
            scopes=scopes_of(request),
        )
        return Response(
            {
                "rows": estimate.rows,
                "exact": estimate.exact,
                "bytes": estimate.bytes,
                "preview": estimate.preview,
                "warnings": estimate.warnings,
            }
        )


class DatasetList(APIView):
    """What can be exported."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_datasets",
        summary="List the data sets that can be exported",
        tags=TAGS,
        responses={200: DatasetListOutput},
        examples=[LISTED],
    )
    def get(self, request: Request) -> Response:
        return Response({"datasets": [_as_json(found) for found in datasets_for(caller(request))]})


def _as_json(dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset": dataset.name,
        "title": dataset.title,
        "description": dataset.description,
        "columns": [
            {
                "name": column.name,
                "type": str(column.kind),
                "description": column.description,
                "operators": operators_of(column.kind),
            }
            for column in dataset.columns
        ],
    }

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.idempotency import idempotent
from apps.jobs.api.generate_forms import (
    REQUESTS,
    DataPreviewOutput,
    GenerationOutput,
    SchemaInput,
    TypeOutput,
)
from apps.jobs.api.lookup import caller
from apps.jobs.services.describe_types import describe_types
from apps.jobs.services.preview_generation import MOST_PREVIEWED
from apps.jobs.services.start_generation import check_generation, start_generation

TAGS = ["Generated data"]
POLL_SECONDS = 2
REFUSALS: dict[Any, Any] = {
    409: OpenApiResponse(description="The Idempotency-Key belongs to another request."),
    413: OpenApiResponse(description="The body is larger than 1 MiB."),
    422: OpenApiResponse(description="`details` names every field that is wrong."),
    429: OpenApiResponse(description="You have too many unfinished jobs."),
}
EXAMPLE_ID = "0190d1c4-5f1c-7aa2-8c1e-1f2a3b4c5d6e"
ACCEPTED = OpenApiExample(
    "Accepted",
    {
        "jobId": EXAMPLE_ID,
        "status": "pending",
        "statusUrl": f"/status/{EXAMPLE_ID}",
        "estimatedBytes": 612000,
        "warnings": [],
    },
    response_only=True,
    status_codes=["202"],
)
PREVIEWED = OpenApiExample(
    "Previewed",
    {
        "rows": [{"id": 1, "email": "anna.freud21@example.org", "tier": "plus"}],
        "datasets": {"customers": [{"id": 1, "email": "anna.freud21@example.org", "tier": "plus"}]},
        "seed": 7,
        "asOf": "2025-11-03T00:00:00+00:00",
        "estimatedBytes": 612000,
        "warnings": [],
    },
    response_only=True,
)


class GenerateData(APIView):
    """Start making data up."""

    scope = "jobs"

    @extend_schema(
        operation_id="generate_data",
        summary="Start generating data",
        description=(
            "Rows are made in the background. The same schema, seed, locale and `asOf` give the"
            " same bytes, whoever makes them; what you leave out is chosen and recorded."
        ),
        tags=TAGS,
        request=SchemaInput,
        responses={202: GenerationOutput, **REFUSALS},
        examples=[*REQUESTS, ACCEPTED],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        accepted = start_generation(
            document=request.data, owner=caller(request), now=timezone.now()
        )
        job = accepted.job
        status_url = f"/status/{job.pk}"
        body = {
            "jobId": str(job.pk),
            "status": "pending",
            "statusUrl": status_url,
            "estimatedBytes": accepted.preview.estimated_bytes,
            "warnings": accepted.preview.warnings,
        }
        headers = {"Location": status_url, "Retry-After": str(POLL_SECONDS)}
        return Response(body, status=202, headers=headers)


class PreviewData(APIView):
    """Look at the first rows of what a schema would give."""

    scope = "jobs"

    @extend_schema(
        operation_id="preview_data",
        summary="Preview generated data",
        description="At most 20 rows, at once; they equal the first rows of a job of this seed.",
        tags=TAGS,
        request=SchemaInput,
        responses={200: DataPreviewOutput, 413: REFUSALS[413], 422: REFUSALS[422]},
        examples=[*REQUESTS, PREVIEWED],
    )
    def post(self, request: Request) -> Response:
        plan, preview = check_generation(request.data, now=timezone.now(), rows=MOST_PREVIEWED)
        body = {
            "rows": next(iter(preview.datasets.values())),
            "datasets": preview.datasets,
            "seed": plan.schema.seed,
            "asOf": plan.document["asOf"],
            "estimatedBytes": preview.estimated_bytes,
            "warnings": preview.warnings,
        }
        return Response(body)


class TypeList(APIView):
    """What a field can be."""

    scope = "jobs"

    @extend_schema(
        operation_id="list_types",
        summary="List the types of fields",
        tags=TAGS,
        responses={200: TypeOutput(many=True)},
        examples=[
            OpenApiExample(
                "An e-mail address",
                {
                    "type": "email",
                    "group": "person",
                    "description": "A mail address that reaches nobody.",
                    "params": [
                        {
                            "name": "domain",
                            "type": "string",
                            "description": "Below example.com, .org, .net, .example or .test.",
                            "required": False,
                            "default": None,
                            "min": None,
                            "max": None,
                            "choices": [],
                        }
                    ],
                    "example": "user0417@example.org",
                    "localized": True,
                    "distributions": ["uniform"],
                },
                response_only=True,
            )
        ],
    )
    def get(self, _request: Request) -> Response:
        return Response(describe_types(), headers={"Cache-Control": "private, max-age=3600"})

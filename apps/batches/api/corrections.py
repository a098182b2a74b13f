import tempfile
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.batches.api.fields import Form, Query, asked
from apps.batches.api.lookup import caller, find_run
from apps.batches.api.records import XLSX, AnyFormat
from apps.batches.api.sessions import IDEMPOTENCY_KEY, require
from apps.batches.services.apply_corrections import apply_corrections
from apps.batches.services.export_corrected import export_corrected
from apps.core.api.idempotency import idempotent
from apps.uploads.services.find_upload import find_upload
from apps.uploads.services.touch_upload import touch_upload

TAGS = ["Batches"]


class CorrectedQuery(Query):
    only = serializers.ChoiceField(
        choices=["failed"], required=False, help_text="Leave out all but the unsuccessful rows."
    )


class CorrectionsInput(Form):
    uploadId = serializers.UUIDField()
    dryRun = serializers.BooleanField(default=False)


class CorrectionDetail(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


class CorrectionsOutput(serializers.Serializer[Any]):
    jobId = serializers.CharField()
    status = serializers.ChoiceField(choices=["queued", "unchanged", "dryRun"])
    changed = serializers.IntegerField(help_text="Changed rows that are sent under a new key.")
    resent = serializers.IntegerField(help_text="Rows sent again as they were, under their key.")
    invalid = serializers.IntegerField(help_text="Changed rows that cannot be sent even so.")
    unchangedInvalid = serializers.IntegerField(help_text="Rows that still wait for a correction.")
    ignoredSucceeded = serializers.IntegerField(
        help_text="Changed rows that had succeeded; never sent."
    )
    outdated = serializers.IntegerField(
        help_text="Untouched rows that somebody else corrected since the download."
    )
    leftUnknown = serializers.IntegerField(
        help_text="Untouched rows that may have been done, of a partner that honours no keys."
    )
    unknownRows = serializers.IntegerField(help_text="Lines that are no row of the batch.")
    details = CorrectionDetail(many=True, help_text="The first 100.")


class CorrectedWorkbook(APIView):
    """The batch's own workbook, with what became of each row."""

    scope = "batches"
    content_negotiation_class = AnyFormat

    @extend_schema(
        operation_id="download_corrected_workbook",
        summary="Download the workbook with results, to be corrected",
        description=(
            "The user's own sheet with the columns `_status`, `_error`, `_column` and `_hint`, "
            "and a hidden `_row` by which the rows are found when the workbook comes back."
        ),
        tags=TAGS,
        parameters=[CorrectedQuery],
        responses={
            (200, XLSX): OpenApiTypes.BINARY,
            409: OpenApiResponse(description="`still_reading`"),
            410: OpenApiResponse(description="`upload_gone`"),
        },
    )
    def get(self, request: Request, job_id: str) -> HttpResponseBase:
        only = asked(CorrectedQuery, request).get("only")
        run = find_run(request, job_id)
        # A zip's table of contents comes last: it cannot be streamed while it is written.
        file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - the response closes it
        export_corrected(run=run, file=file, only_failed=only == "failed")
        file.seek(0)
        answer = FileResponse(file, content_type=XLSX)
        name = f"{run.job.public_id}-corrected.xlsx"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer


class Corrections(APIView):
    """The corrected workbook comes back."""

    scope = "batches"

    @extend_schema(
        operation_id="apply_corrections",
        summary="Send the changed and the unsuccessful rows of a corrected workbook",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=CorrectionsInput,
        responses={
            202: CorrectionsOutput,
            200: CorrectionsOutput,
            404: OpenApiResponse(description="`not_found`, `upload_not_found`"),
            409: OpenApiResponse(description="`job_still_open`"),
            422: OpenApiResponse(description="`foreign_workbook`, `not_a_workbook`"),
        },
        examples=[
            OpenApiExample(
                "A workbook that was uploaded before",
                value={"uploadId": "0190d1c9-7f3e-7cc4-9d0e-2b1f6a5d8c11", "dryRun": True},
                request_only=True,
            ),
            OpenApiExample(
                "Queued",
                value={
                    "jobId": "job_01J9ZD0V7KF3E2M8Q6R5T4W9XA",
                    "status": "queued",
                    "changed": 7,
                    "resent": 4,
                    "invalid": 1,
                    "unchangedInvalid": 0,
                    "ignoredSucceeded": 0,
                    "outdated": 0,
                    "leftUnknown": 0,
                    "unknownRows": 0,
                    "details": [{"row": 19, "code": "invalid", "message": "Days is empty."}],
                },
                response_only=True,
                status_codes=["202"],
            ),
        ],
    )
    @idempotent
    def post(self, request: Request, job_id: str) -> Response:
        run, user = find_run(request, job_id), caller(request)
        require(request.data, "uploadId")
        form = CorrectionsInput(data=request.data)
        form.is_valid(raise_exception=True)
        upload = find_upload(form.validated_data["uploadId"], user)
        touch_upload(upload=upload, now=timezone.now())
        dry_run = form.validated_data["dryRun"]
        found = apply_corrections(
            run=run, upload=upload, actor=user.get_username(), dry_run=dry_run
        )
        is_queued = bool(found.reopened) and not dry_run
        answer = status.HTTP_202_ACCEPTED if is_queued else status.HTTP_200_OK
        return Response(found.as_json(run, dry_run=dry_run), status=answer)

import tempfile
from collections.abc import Iterable
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.batches.api.fields import asked
from apps.batches.api.lookup import find_run
from apps.batches.api.record_forms import (
    ExportQuery,
    RecordLine,
    RecordListOutput,
    RecordOutput,
    RecordsQuery,
)
from apps.batches.export import (
    TooManyRows,
    csv_lines,
    export_rows,
    fields_of,
    ndjson_lines,
    write_xlsx,
)
from apps.batches.models import BatchAnswer, BatchAttempt, BatchRow, BatchRun
from apps.core.api.paging import paginate
from apps.core.errors import Missing

TAGS = ["Batches"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_OF_A_SHEET = 1_048_575


class RecordNotFound(Missing):
    """Record not found"""

    code = "record_not_found"


class Records(APIView):
    """The rows of a batch, and what became of each."""

    scope = "batches"

    @extend_schema(
        operation_id="list_records",
        summary="List the rows of a batch, in the order of the sheet",
        tags=TAGS,
        parameters=[RecordsQuery],
        responses={200: RecordListOutput},
    )
    def get(self, request: Request, job_id: str) -> Response:
        query = asked(RecordsQuery, request)
        run = find_run(request, job_id)
        rows = BatchRow.objects.filter(run=run).fitting(
            states=query.get("state", []), categories=query.get("category", []), text=query.get("q")
        )
        listed = rows.order_by("seq").defer("payload", "fingerprint", "issues", "hint")
        page = paginate(request, listed, default_size=100, largest_size=500)
        lines = RecordLine(page.rows, many=True, context={"sheet": run.sheet})
        return Response({"records": lines.data, "pagination": page.pagination})


class Record(APIView):
    """One row, with what was sent and everything that came back."""

    scope = "batches"

    @extend_schema(
        operation_id="get_record",
        summary="Show a row with its payload and the partner's answers",
        tags=TAGS,
        responses={200: RecordOutput},
    )
    def get(self, request: Request, job_id: str, seq: int) -> Response:
        run = find_run(request, job_id)
        row = BatchRow.objects.filter(run=run, seq=seq).first() if seq < 2**31 else None
        if row is None:
            raise RecordNotFound
        context = {
            "sheet": run.sheet,
            "attempts": BatchAttempt.objects.filter(run=run, seq=seq).order_by("number"),
            "answers": BatchAnswer.objects.filter(run=run, seq=seq).order_by("number"),
        }
        return Response(RecordOutput(row, context=context).data)


class AnyFormat(BaseContentNegotiation):
    """The query string names the format; `Accept` does not matter to a download."""

    def select_parser(self, _request: Request, parsers: Any) -> Any:
        return next(iter(parsers))

    def select_renderer(self, _request: Request, renderers: Any, _suffix: Any = None) -> Any:
        renderer = renderers[0]
        return renderer, renderer.media_type


class ExportRecords(APIView):
    """All rows as a file: the fields that were sent, then the result."""

    scope = "batches"
    content_negotiation_class = AnyFormat

    @extend_schema(
        operation_id="export_records",
        summary="Download all rows with their results",
        tags=TAGS,
        parameters=[ExportQuery],
        responses={
            (200, "text/csv"): OpenApiTypes.BINARY,
            (200, "application/x-ndjson"): OpenApiTypes.BINARY,
            (200, XLSX): OpenApiTypes.BINARY,
            422: OpenApiResponse(description="More fields or rows than the format can hold."),
        },
    )
    def get(self, request: Request, job_id: str) -> HttpResponseBase:
        wanted = asked(ExportQuery, request)["format"]
        run = find_run(request, job_id)
        return EXPORTS[wanted](run)


def _csv(run: BatchRun) -> HttpResponseBase:
    return _streamed(run, csv_lines(fields_of(run), export_rows(run)), "csv", "text/csv")


def _ndjson(run: BatchRun) -> HttpResponseBase:
    return _streamed(run, ndjson_lines(export_rows(run)), "ndjson", "application/x-ndjson")


def _xlsx(run: BatchRun) -> HttpResponseBase:
    if run.expanded > ROWS_OF_A_SHEET:
        raise TooManyRows
    # A zip's table of contents comes last, so that it cannot be streamed while it is written.
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_xlsx(file, fields_of(run), export_rows(run))
    file.seek(0)
    return _as_download(FileResponse(file, content_type=XLSX), run, "xlsx")


EXPORTS = {"csv": _csv, "ndjson": _ndjson, "xlsx": _xlsx}


def _streamed(
    run: BatchRun, pieces: Iterable[bytes], extension: str, content_type: str
) -> HttpResponseBase:
    answer = StreamingHttpResponse(pieces, content_type=f"{content_type}; charset=utf-8")
    return _as_download(answer, run, extension)


def _as_download(answer: HttpResponseBase, run: BatchRun, extension: str) -> HttpResponseBase:
    name = f"{run.job.public_id}-records.{extension}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer

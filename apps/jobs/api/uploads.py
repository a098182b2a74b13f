from typing import Any, cast

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.core.api.idempotency import idempotent
from apps.core.api.paging import whole_number
from apps.core.errors import Detail, Incomplete, Invalid
from apps.core.times import iso
from apps.jobs.api.upload_forms import (
    PreviewOutput,
    UploadAcceptedOutput,
    UploadInput,
    UploadOutput,
)
from apps.jobs.api.upload_parsing import (
    MalformedUpload,
    StreamedMultiPartParser,
    announced_length,
)
from apps.jobs.services.accept_uploads import accept_uploads
from apps.uploads.cells import Cell, text_of
from apps.uploads.models import Upload
from apps.uploads.reading import open_sheet
from apps.uploads.receiving import ReceivedFile, StreamedUploadHandler
from apps.uploads.services.find_upload import find_upload
from apps.uploads.services.receive_uploads import check_quota
from apps.uploads.services.remove_upload import remove_upload
from apps.uploads.services.touch_upload import touch_upload

MOST_PREVIEW_ROWS = 100
LAST_ROW = 1_048_576
ACCEPTED = OpenApiExample(
    "Stored",
    value={
        "jobId": "0190d1c9-7b1e-7c51-9d0f-4f6a0e2b9a11",
        "status": "pending",
        "files": [
            {
                "uploadId": "0190d1c9-7b1e-7c51-9d0f-52c1a8d3e7f0",
                "originalName": "march.xlsx",
                "sizeBytes": 184320,
                "sha256": "9f2c1b7e4d5a6c8f9e0d1b2a3c4f5e6d7b8a9c0d1e2f3a4b5c6d7e8f9a0b1c2d",
                "status": "completed",
            }
        ],
        "statusUrl": "/status/0190d1c9-7b1e-7c51-9d0f-4f6a0e2b9a11",
    },
    response_only=True,
    status_codes=["201"],
)
REFUSALS: dict[Any, Any] = {
    411: OpenApiResponse(description="The request does not say how long it is."),
    413: OpenApiResponse(description="A file or the request is too large."),
    415: OpenApiResponse(description="A file is of a type that we do not accept."),
    422: OpenApiResponse(description="A file is empty, damaged, protected or hostile."),
    507: OpenApiResponse(description="There is no room left."),
}


def _caller(request: Request) -> User:
    return cast(User, request.user)  # HasRole has let nobody else in


def as_json(upload: Upload) -> dict[str, Any]:
    """Return what the answer to an upload says about each file."""
    return {
        "uploadId": str(upload.pk),
        "originalName": upload.original_name,
        "sizeBytes": upload.size_bytes,
        "sha256": upload.sha256,
        "status": upload.status,
    }


def _types_of(upload: Upload) -> list[str] | None:
    known = upload.column_types
    return None if known is None else [column["type"] for column in known]


class ReceiveUpload(APIView):
    """Send one to ten files; they are streamed, checked and stored, all or none of them."""

    parser_classes = (StreamedMultiPartParser,)
    scope = "uploads"

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # Before anything can read the body: the CSRF check of a session does.
        self.receiver = StreamedUploadHandler()
        request.upload_handlers = [self.receiver]
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        self.receiver.discard()
        return super().finalize_response(*args, **kwargs)

    @extend_schema(
        operation_id="upload_files",
        tags=["Uploads"],
        request={"multipart/form-data": UploadInput},
        responses={201: UploadAcceptedOutput, **REFUSALS},
        examples=[ACCEPTED],
    )
    def post(self, request: Request) -> Response:
        check_quota(owner=_caller(request), more=announced_length(request))
        form = UploadInput(data=_options(request))
        form.is_valid(raise_exception=True)
        files = self._received(request)
        options = dict(form.validated_data)
        fingerprint = [[file.sha256 for file in files], options]
        request.parser_context = {**(request.parser_context or {}), "fingerprint": fingerprint}
        return self._accept(request, files, options)

    @idempotent
    def _accept(
        self, request: Request, files: list[ReceivedFile], options: dict[str, Any]
    ) -> Response:
        job, uploads = accept_uploads(
            files=files, owner=_caller(request), options=options, now=timezone.now()
        )
        status_url = f"/status/{job.pk}"
        body = {
            "jobId": str(job.pk),
            "status": job.status,
            "files": [as_json(upload) for upload in uploads],
            "statusUrl": status_url,
        }
        return Response(body, status=201, headers={"Location": status_url})

    def _received(self, request: Request) -> list[ReceivedFile]:
        """
        Return the complete files.

        :raises MalformedUpload: if the body ended in the middle of one
        :raises Incomplete: if there are none
        :raises Invalid: if one came under a name other than `file`
        """
        if self.receiver.interrupted:
            raise MalformedUpload("The body ended before the file did; send it again.")
        if strange := set(request.FILES) - {"file"}:
            message = "Files must be sent as parts named `file`."
            raise Invalid(message, details=[Detail(min(strange)[:60], "unknown", message)])
        if not self.receiver.files:
            raise Incomplete("Send at least one file, as a part named `file`.")
        return self.receiver.files


def _options(request: Request) -> dict[str, Any]:
    """
    Return the fields that are no files.

    :raises Invalid: if there are some that we do not know
    """
    data = cast(QueryDict, request.data)
    given = {name: value for name, value in data.items() if name not in request.FILES}
    unknown = sorted(set(given) - set(UploadInput().fields) - {"csrfmiddlewaretoken"})
    if unknown:
        details = [Detail(name[:60], "unknown", "There is no such option.") for name in unknown]
        raise Invalid("Validation failed", details=details)
    return {name: value for name, value in given.items() if name != "file"}


class OneUpload(APIView):
    """An upload: what is known about it, and its removal."""

    scope = "uploads"

    @extend_schema(
        operation_id="get_upload",
        tags=["Uploads"],
        responses={200: UploadOutput, 410: OpenApiResponse(description="The file was removed.")},
    )
    def get(self, request: Request, upload_id: str) -> Response:
        upload = find_upload(upload_id, _caller(request))
        return Response(
            as_json(upload)
            | {
                "mimeType": upload.mime_type,
                "sheets": upload.sheets,
                "columns": upload.columns,
                "columnTypes": _types_of(upload),
                "rowCount": upload.row_count,
                "encoding": upload.encoding,
                "delimiter": upload.delimiter,
                "uploadedAt": iso(upload.uploaded_at),
                "lastUsedAt": iso(upload.last_used_at),
            }
        )

    @extend_schema(
        operation_id="remove_upload",
        tags=["Uploads"],
        responses={204: None, 409: OpenApiResponse(description="A job still reads the file.")},
    )
    def delete(self, request: Request, upload_id: str) -> Response:
        remove_upload(upload=find_upload(upload_id, _caller(request)), now=timezone.now())
        return Response(status=204)


class PreviewUpload(APIView):
    """The first rows of an upload."""

    scope = "uploads"

    @extend_schema(
        operation_id="preview_upload",
        tags=["Uploads"],
        parameters=[
            OpenApiParameter("rows", OpenApiTypes.INT, default=20, description="1 to 100."),
            OpenApiParameter("headerRow", OpenApiTypes.INT, default=1, description="0: none."),
            OpenApiParameter("sheet", OpenApiTypes.STR, description="The first one if not given."),
        ],
        responses={200: PreviewOutput, 422: OpenApiResponse(description="It cannot be read.")},
    )
    def get(self, request: Request, upload_id: str) -> Response:
        most = whole_number(request, "rows", default=20, least=1, most=MOST_PREVIEW_ROWS)
        header_row = whole_number(request, "headerRow", default=1, least=0, most=LAST_ROW)
        upload = find_upload(upload_id, _caller(request))
        touch_upload(upload=upload, now=timezone.now())
        sheet = request.query_params.get("sheet")
        with open_sheet(upload, sheet=sheet, header_row=header_row, lenient=True) as opened:
            info, first = opened.info, next(opened.chunks(), [])
        return Response(
            {
                "sheets": info.sheets,
                "sheet": info.sheet,
                "columns": info.columns,
                "rowCount": info.rows if info.rows >= 0 else upload.row_count,
                "rows": [
                    {"row": number, "values": [_shown(cell) for cell in values]}
                    for number, values in first[:most]
                ],
            }
        )


def _shown(cell: Cell) -> Cell:
    if not isinstance(cell, dict):
        return cell
    nested: Cell = cell["j"] if "j" in cell else text_of(cell)
    return nested

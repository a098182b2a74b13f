from typing import Any

from django.core.exceptions import SuspiciousOperation
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import DataAndFiles, MultiPartParser
from rest_framework.request import Request

from apps.core.errors import Incomplete, TooLarge


class LengthRequired(APIException):
    """Without its length, a request cannot be refused before it is read."""

    status_code = 411
    default_detail = "Send a Content-Length."
    default_code = "length_required"


def announced_length(request: Request) -> int:
    """
    Return how long the body says it is.

    :raises LengthRequired: if it does not
    """
    text = request.META.get("CONTENT_LENGTH") or ""
    if not text.isdigit():
        raise LengthRequired
    return int(text)


class MalformedUpload(Incomplete):
    """The multipart body could not be understood."""

    code = "malformed_request"


class StreamedMultiPartParser(MultiPartParser):
    """multipart/form-data whose files go through the view's upload handler."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> "DataAndFiles[Any, Any]":
        """
        Read the body.

        :raises MalformedUpload: if it is no proper multipart body
        :raises TooLarge: if it consists of too much that is no file
        """
        try:
            return super().parse(stream, media_type, parser_context)
        except ParseError as error:
            raise MalformedUpload from error
        except SuspiciousOperation as error:
            raise TooLarge("The request has too many fields, or too large ones.") from error

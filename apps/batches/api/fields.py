"""Fields that the forms of this API share."""

import re
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.times import iso

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class LineField(serializers.CharField):
    """One line of text: a line break or NUL could smuggle a header."""

    default_error_messages = {
        "control": "Line breaks, NUL and other control characters are not allowed."
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if CONTROL.search(data):
            self.fail("control")
        return super().to_internal_value(data)


class SecretField(LineField):
    """A line that is taken to the letter, and never shown again."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, write_only=True, **options)


class HeaderNameField(LineField):
    """The name of a header that a session may set itself."""

    FORBIDDEN = frozenset(
        {"host", "transfer-encoding", "cookie", "connection", "te", "trailer", "upgrade", "expect"}
    )
    default_error_messages = {
        "header": "This is not the name of a header.",
        "reserved": "This header is not for a session to set.",
    }

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if not HEADER_NAME.fullmatch(name):
            self.fail("header")
        lower = name.lower()
        if lower in self.FORBIDDEN or lower.startswith(("content-", "proxy-")):
            self.fail("reserved")
        return name


@extend_schema_field(OpenApiTypes.STR)
class WordsField(serializers.Field[Any, Any, Any, Any]):
    """Words from a list, with commas between them, as query strings have it."""

    default_error_messages = {"unknown": "{word} is none of {words}."}

    def __init__(self, words: list[str], **options: Any) -> None:
        shown = ", ".join(words)
        super().__init__(required=False, help_text=f"Any of {shown}, with commas.", **options)
        self.words = words

    def to_internal_value(self, data: Any) -> list[str]:
        found = [word.strip() for word in str(data).split(",") if word.strip()]
        for word in found:
            if word not in self.words:
                self.fail("unknown", word=word[:40], words=", ".join(self.words))
        return found


@extend_schema_field({"type": ["string", "null"], "format": "date-time"})
class MomentField(serializers.Field[Any, Any, Any, Any]):
    """A moment as the contracts write it: UTC with milliseconds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> str | None:
        return iso(value)


class Form(serializers.Serializer[Any]):
    """What a client sends; it has no instance."""


class Query(Form):
    """What a client asks for in the query string."""


class PageQuery(Query):
    """Which page; read by `paginate`, named here for the documentation."""

    page = serializers.IntegerField(min_value=1, max_value=10_000_000, default=1)
    pageSize = serializers.IntegerField(min_value=1, max_value=100, default=10)


class PeriodQuery(Query):
    """Since when and until when; `from` is a word of Python, hence the detour."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["from"] = serializers.DateTimeField(required=False)
        fields["to"] = serializers.DateTimeField(required=False)
        return fields


def asked(form: type[Query], request: Request) -> dict[str, Any]:
    """
    Return the query string's values.

    :raises rest_framework.exceptions.ValidationError: if one of them is not acceptable
    """
    query = form(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)


class PaginationOutput(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    pageSize = serializers.IntegerField()
    total = serializers.IntegerField()
    totalPages = serializers.IntegerField()

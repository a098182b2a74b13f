"""What clients get about the rows of a batch."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.batches.answers import json_or_text
from apps.batches.api.fields import MomentField, PageQuery, PaginationOutput, Query, WordsField
from apps.batches.models import BatchAnswer, BatchRow
from apps.batches.presentation import error_id_of, response_id_of
from apps.batches.redaction import shown_headers
from apps.batches.status import Category, RowState
from apps.core.redaction import redacted


class RecordsQuery(PageQuery):
    pageSize = serializers.IntegerField(min_value=1, max_value=500, default=100)
    state = WordsField(RowState.values)
    category = WordsField(Category.values)
    q = serializers.CharField(
        max_length=256, required=False, allow_blank=True, help_text="A part of key or member."
    )


class ExportQuery(Query):
    format = serializers.ChoiceField(choices=["csv", "xlsx", "ndjson"], default="csv")


class RecordLine(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    row = serializers.IntegerField(allow_null=True)
    sheet = serializers.SerializerMethodField()
    key = serializers.CharField()
    state = serializers.ChoiceField(choices=RowState.choices)
    attempts = serializers.IntegerField()
    statusCode = serializers.IntegerField(source="status_code", allow_null=True)
    category = serializers.ChoiceField(choices=Category.choices, allow_null=True)
    subcode = serializers.CharField(allow_null=True)
    message = serializers.CharField(allow_null=True)
    durationMs = serializers.IntegerField(source="duration_ms", allow_null=True)
    errorId = serializers.SerializerMethodField()
    responseId = serializers.SerializerMethodField()
    updatedAt = MomentField(source="updated_at")

    def get_sheet(self, _row: BatchRow) -> str | None:
        return self.context["sheet"] or None

    def get_errorId(self, row: BatchRow) -> str | None:
        return error_id_of(row)

    def get_responseId(self, row: BatchRow) -> str | None:
        return response_id_of(row)


class RecordListOutput(serializers.Serializer[Any]):
    records = RecordLine(many=True)
    pagination = PaginationOutput()


class AnswerOutput(serializers.Serializer[Any]):
    """How one attempt ended."""

    responseId = serializers.CharField(source="public_id")
    attempt = serializers.IntegerField(source="number")
    at = MomentField()
    statusCode = serializers.IntegerField(source="status_code", allow_null=True)
    category = serializers.ChoiceField(choices=Category.choices, allow_null=True)
    subcode = serializers.CharField(allow_null=True)
    message = serializers.CharField(allow_null=True)
    durationMs = serializers.IntegerField(source="duration_ms", allow_null=True)
    headers = serializers.SerializerMethodField()
    data = serializers.SerializerMethodField()  # type: ignore[assignment]  # the contract's name
    truncated = serializers.BooleanField(source="is_truncated")

    def get_headers(self, answer: BatchAnswer) -> dict[str, Any]:
        return shown_headers(answer.headers)

    def get_data(self, answer: BatchAnswer) -> Any:
        """Return the partner's body, as JSON where it is JSON."""
        return redacted(json_or_text(answer.body))


class AttemptOutput(serializers.Serializer[Any]):
    """A request that was about to leave; without an answer of its number nobody saw its end."""

    attempt = serializers.IntegerField(source="number")
    at = MomentField()
    idempotencyKey = serializers.CharField(source="idempotency_key")


class RecordOutput(RecordLine):
    payload = serializers.SerializerMethodField()
    issues = serializers.JSONField()
    hint = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField()
    nextAttemptAt = MomentField(source="next_attempt_at")
    sent = serializers.SerializerMethodField()
    answers = serializers.SerializerMethodField()

    def get_payload(self, row: BatchRow) -> Any:
        """Return the record as it is sent."""
        return json_or_text(row.payload)

    @extend_schema_field(AttemptOutput(many=True))
    def get_sent(self, _row: BatchRow) -> Any:
        """Return every attempt, written before the socket opened."""
        return AttemptOutput(self.context["attempts"], many=True).data

    @extend_schema_field(AnswerOutput(many=True))
    def get_answers(self, _row: BatchRow) -> Any:
        """Return what the partner said to each attempt."""
        return AnswerOutput(self.context["answers"], many=True).data

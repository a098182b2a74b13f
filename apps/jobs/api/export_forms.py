"""What clients send and get about exports; the checks themselves are in `exports`."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from apps.jobs.exports.filters import OPERATORS
from apps.jobs.exports.wanted import MOST_LIMIT, SOURCES
from apps.jobs.files.kinds import Kind
from apps.jobs.files.options import FORMATS

PAID = {
    "source": {"kind": "dataset", "dataset": "orders"},
    "format": "xlsx",
    "columns": ["code", "createdAt", "customerName", "totalPrice"],
    "rename": {"code": "Order", "totalPrice": "Total"},
    "filters": [
        {"field": "paymentStatus", "op": "in", "value": ["paid", "cash_on_delivery"]},
        {"field": "createdAt", "op": "gte", "value": "2025-11-01T00:00:00Z"},
    ],
    "sort": [{"field": "createdAt", "dir": "desc"}],
    "limit": 100000,
    "formatOptions": {"autoFilter": True},
    "filename": "paid-november",
}
MADE = {
    "source": {"kind": "generation", "jobId": "0190d1c4-5f1c-7aa2-8c1e-1f2a3b4c5d6e"},
    "format": "ndjson",
    "filters": [{"field": "tier", "op": "eq", "value": "pro"}],
}
SENT = {
    "source": {"kind": "upload", "uploadId": "0190d1c9-7b1e-7c51-9d0f-52c1a8d3e7f0"},
    "format": "json",
}
REQUESTS = [
    OpenApiExample("Paid orders as a workbook", PAID, request_only=True),
    OpenApiExample("Some of the generated data", MADE, request_only=True),
    OpenApiExample("An uploaded file in another format", SENT, request_only=True),
]


class SourceInput(serializers.Serializer[Any]):
    """Where the rows come from."""

    kind = serializers.ChoiceField(choices=list(SOURCES))
    dataset = serializers.CharField(
        required=False,
        help_text="A data set's name, see `GET /export/datasets`; or one of several in a"
        " generation.",
    )
    jobId = serializers.UUIDField(required=False, help_text="A completed generation.")
    uploadId = serializers.UUIDField(required=False, help_text="A file that was looked into.")


class FilterInput(serializers.Serializer[Any]):
    """A condition; all of them must hold."""

    field = serializers.CharField()
    op = serializers.ChoiceField(choices=OPERATORS, default="eq")
    value = serializers.JSONField(required=False, allow_null=True)


class SortInput(serializers.Serializer[Any]):
    """What the rows are ordered by; missing values come last."""

    field = serializers.CharField()
    dir = serializers.ChoiceField(choices=("asc", "desc"), default="asc")


class ExportInput(serializers.Serializer[Any]):
    """Which rows of what, and the file that they become."""

    source = SourceInput()  # type: ignore[assignment]  # the contract's name
    format = serializers.ChoiceField(choices=FORMATS, default="csv")
    formatOptions = serializers.DictField(required=False)
    columns = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="All of them unless told."
    )
    rename = serializers.DictField(child=serializers.CharField(), required=False)
    filters = FilterInput(many=True, required=False)
    sort = SortInput(many=True, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_LIMIT, required=False)
    filename = serializers.CharField(max_length=100, required=False)
    keepDays = serializers.IntegerField(min_value=1, max_value=365, required=False)


class ExportOutput(serializers.Serializer[Any]):
    """An export that was accepted."""

    jobId = serializers.UUIDField()
    status = serializers.CharField()
    statusUrl = serializers.CharField()


class EstimateOutput(serializers.Serializer[Any]):
    """How much an export would be, and how it begins."""

    rows = serializers.IntegerField()
    exact = serializers.BooleanField(help_text="Whether the rows were counted.")
    bytes = serializers.IntegerField(help_text="Of the file, roughly.")
    preview = serializers.ListField(child=serializers.DictField())
    warnings = serializers.ListField(child=serializers.CharField())


class ColumnOutput(serializers.Serializer[Any]):
    """A column that can be exported, filtered and sorted by."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=[str(kind) for kind in Kind])
    description = serializers.CharField()
    operators = serializers.ListField(child=serializers.CharField(help_text="As in a filter."))


class DatasetOutput(serializers.Serializer[Any]):
    """A table that can be exported."""

    dataset = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    columns = ColumnOutput(many=True)


class DatasetListOutput(serializers.Serializer[Any]):
    """Every data set that you may read."""

    datasets = DatasetOutput(many=True)

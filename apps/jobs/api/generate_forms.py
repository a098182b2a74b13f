"""How schemas and generations look in the documents; they are checked by the generator itself."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from apps.jobs.files.options import FORMATS
from apps.jobs.generation.schema import LARGEST_SEED, STORES

CUSTOMERS = {
    "name": "customers",
    "rows": 5000,
    "seed": 7,
    "locale": "de_DE",
    "format": "csv",
    "fields": [
        {"name": "id", "type": "sequence"},
        {"name": "email", "type": "email", "unique": True},
        {
            "name": "tier",
            "type": "choice",
            "values": ["basic", "plus", "pro"],
            "weights": [70, 25, 5],
        },
        {"name": "joined", "type": "date", "min": "2021-01-01", "max": "2025-10-31"},
        {"name": "note", "type": "sentence", "nullPercent": 40},
    ],
}
RELATED = {
    "name": "shop",
    "format": "xlsx",
    "datasets": [
        {
            "name": "customers",
            "rows": 100,
            "fields": [
                {"name": "id", "type": "sequence"},
                {"name": "firstName", "type": "firstName"},
                {"name": "lastName", "type": "lastName"},
                {
                    "name": "email",
                    "type": "template",
                    "template": "{firstName|ascii}.{lastName|ascii}{id}@corp.example",
                },
            ],
        },
        {
            "name": "orders",
            "rows": 1000,
            "fields": [
                {"name": "customer", "type": "reference", "dataset": "customers", "field": "id"},
                {"name": "price", "type": "price", "distribution": {"type": "normal"}},
                {"name": "quantity", "type": "integer", "min": 1, "max": 5},
                {
                    "name": "total",
                    "type": "expression",
                    "expression": "round(price * quantity * 1.19, 2)",
                },
            ],
        },
    ],
}
SAVED = {"schema": "customers@3", "rows": 5000}
REQUESTS = [
    OpenApiExample("Customers", CUSTOMERS, request_only=True),
    OpenApiExample("Two data sets, the second refers to the first", RELATED, request_only=True),
    OpenApiExample("A saved schema", SAVED, request_only=True),
]


class FieldInput(serializers.Serializer[Any]):
    """A field; what its type takes beside this is listed by `GET /generate/types`."""

    name = serializers.CharField(max_length=64)
    type = serializers.CharField(help_text="One of `GET /generate/types`.")
    nullPercent = serializers.FloatField(min_value=0, max_value=100, default=0)
    unique = serializers.BooleanField(default=False)
    hidden = serializers.BooleanField(default=False, help_text="For templates and formulas only.")
    locale = serializers.JSONField(required=False, help_text="Another one than the schema's.")
    distribution = serializers.JSONField(
        required=False, help_text='`uniform`, or `{"type": "normal", "mean": 40, "stddev": 10}`.'
    )
    description = serializers.CharField(required=False)


class DataSetInput(serializers.Serializer[Any]):
    """One of several related tables."""

    name = serializers.CharField(max_length=64)
    rows = serializers.IntegerField(min_value=1, max_value=1_000_000)

    def get_fields(self) -> dict[str, Any]:
        """Add `fields`, which is a word of the framework, hence the detour."""
        return super().get_fields() | {"fields": FieldInput(many=True)}


class SchemaInput(serializers.Serializer[Any]):
    """What to make: fields and rows, or several data sets, or a saved schema by its name."""

    name = serializers.CharField(max_length=100, required=False)
    schema = serializers.CharField(required=False, help_text="A saved one: `name` or `name@3`.")
    rows = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    datasets = DataSetInput(many=True, required=False)
    seed = serializers.IntegerField(min_value=0, max_value=LARGEST_SEED, required=False)
    locale = serializers.JSONField(
        required=False, help_text='A tag such as `de_DE`, or weights `{"de_DE": 70, "fr_FR": 30}`.'
    )
    asOf = serializers.CharField(required=False, help_text="What relative dates begin at.")
    store = serializers.ChoiceField(choices=STORES, required=False)
    format = serializers.ChoiceField(choices=FORMATS, default="csv")
    formatOptions = serializers.DictField(required=False)
    filename = serializers.CharField(max_length=100, required=False)
    keepDays = serializers.IntegerField(min_value=1, max_value=365, required=False)

    def get_fields(self) -> dict[str, Any]:
        """Add `fields`, which is a word of the framework, hence the detour."""
        return super().get_fields() | {"fields": FieldInput(many=True, required=False)}


class GenerationOutput(serializers.Serializer[Any]):
    """A generation that was accepted."""

    jobId = serializers.UUIDField()
    status = serializers.CharField()
    statusUrl = serializers.CharField()
    estimatedBytes = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())


class DataPreviewOutput(serializers.Serializer[Any]):
    """The first rows, exactly as a job of this seed will make them."""

    rows = serializers.ListField(child=serializers.DictField())
    datasets = serializers.DictField(child=serializers.ListField(child=serializers.DictField()))
    seed = serializers.IntegerField()
    asOf = serializers.CharField()
    estimatedBytes = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())


class ParamOutput(serializers.Serializer[Any]):
    """A parameter of a type of field."""

    name = serializers.CharField()
    type = serializers.CharField()
    description = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    default = serializers.JSONField()  # anything, null included
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField())


class TypeOutput(serializers.Serializer[Any]):
    """A type of field."""

    type = serializers.CharField()
    group = serializers.CharField()
    description = serializers.CharField()
    params = ParamOutput(many=True)
    example = serializers.JSONField()  # null, too, is JSON
    localized = serializers.BooleanField()
    distributions = serializers.ListField(child=serializers.CharField())


class SavedSchemaOutput(serializers.Serializer[Any]):
    """A schema under a name."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    document = serializers.DictField()
    createdAt = serializers.DateTimeField()
    createdBy = serializers.CharField(allow_null=True)


class SavedSchemaListOutput(serializers.Serializer[Any]):
    """Schemas by name, each in its newest version."""

    schemas = SavedSchemaOutput(many=True)

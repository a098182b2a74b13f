"""What clients send and get about jobs of every kind."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.times import iso
from apps.jobs.message_queues import MESSAGE_QUEUES
from apps.jobs.models import Job
from apps.jobs.status import JobState, JobStatus, JobType

# Trying again helps against what was our fault, not against what was asked for.
RETRYABLE = frozenset({"internal", "unavailable", "poison_job", "cancelled"})


@extend_schema_field({"type": ["string", "null"], "format": "date-time"})
class MomentField(serializers.Field[Any, Any, Any, Any]):
    """A moment as the contracts write it: UTC with milliseconds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> str | None:
        return iso(value)


class WordField(serializers.ChoiceField):
    """One word of a list, or nothing."""

    def __init__(self, words: list[str]) -> None:
        super().__init__(choices=words, required=False)


class JobFilter(serializers.Serializer[Any]):
    """Which jobs are meant."""

    type = WordField(JobType.values)
    status = WordField(JobStatus.values)
    state = WordField(JobState.values)
    q = serializers.CharField(max_length=200, required=False, allow_blank=True)
    fingerprint = serializers.CharField(
        max_length=16,
        required=False,
        help_text="Jobs that failed in this way (GET /queues/failures).",
    )
    worker = serializers.CharField(
        max_length=255, required=False, help_text="Jobs that this process works on now."
    )
    queue = WordField(list(MESSAGE_QUEUES))

    def get_fields(self) -> dict[str, Any]:
        """Add `from` and `to`; `from` is a word of Python, hence the detour."""
        fields = super().get_fields()
        fields["from"] = serializers.DateTimeField(required=False)
        fields["to"] = serializers.DateTimeField(required=False)
        return fields


class StatusQuery(JobFilter):
    """Which jobs are meant, and how they are listed."""

    sort = serializers.ChoiceField(
        choices=["-createdAt", "createdAt", "-updatedAt", "updatedAt", "-priority"],
        default="-createdAt",
    )
    page = serializers.IntegerField(min_value=1, default=1)
    pageSize = serializers.IntegerField(min_value=1, max_value=100, default=10)


class ProgressPart(serializers.Serializer[Any]):
    done = serializers.IntegerField(source="progress_done")
    total = serializers.IntegerField(source="progress_total", allow_null=True)
    percent = serializers.FloatField()
    ratePerSec = serializers.FloatField(source="rate_per_second", allow_null=True)
    etaSec = serializers.IntegerField(source="eta_seconds", allow_null=True)
    note = serializers.SerializerMethodField()

    def get_note(self, job: Job) -> str | None:
        return job.progress_note or None


class ErrorPart(serializers.Serializer[Any]):
    code = serializers.CharField(source="error_code")
    message = serializers.CharField(source="error_message")
    retryable = serializers.SerializerMethodField()

    def get_retryable(self, job: Job) -> bool:
        return job.error_code in RETRYABLE


class StatusOutput(serializers.Serializer[Any]):
    """A job of any kind."""

    jobId = serializers.UUIDField(source="pk")
    type = serializers.ChoiceField(choices=JobType.choices)
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=JobStatus.choices)
    state = serializers.ChoiceField(choices=JobState.choices)
    resultUri = serializers.SerializerMethodField()
    result = serializers.JSONField(source="result_meta")
    progress = ProgressPart(source="*")
    error = serializers.SerializerMethodField()
    attempts = serializers.IntegerField()
    createdAt = MomentField(source="created_at")
    startedAt = MomentField(source="started_at")
    finishedAt = MomentField(source="finished_at")
    updatedAt = MomentField(source="updated_at")

    def get_resultUri(self, job: Job) -> str | None:
        """Return where to get the result, null until there is one; never where it lies."""
        is_there = job.status == JobStatus.COMPLETED and not job.has_expired(timezone.now())
        return f"/status/{job.pk}/result" if is_there and job.result_uri else None

    @extend_schema_field(ErrorPart(allow_null=True))
    def get_error(self, job: Job) -> dict[str, Any] | None:
        return dict(ErrorPart(job).data) if job.status == JobStatus.FAILED else None


class PaginationPart(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    pageSize = serializers.IntegerField()
    total = serializers.IntegerField()
    totalPages = serializers.IntegerField()


class StatusListOutput(serializers.Serializer[Any]):
    jobs = StatusOutput(many=True)
    pagination = PaginationPart()
    totals = serializers.DictField(child=serializers.IntegerField())


class EventOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = MomentField()
    kind = serializers.CharField()
    level = serializers.CharField()
    message = serializers.CharField()
    actor = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # the contract's name


class EventListOutput(serializers.Serializer[Any]):
    events = EventOutput(many=True)
    pagination = PaginationPart()


class CancelOutput(serializers.Serializer[Any]):
    jobId = serializers.UUIDField()
    state = serializers.CharField()


class RetryJobInput(serializers.Serializer[Any]):
    fromStart = serializers.BooleanField(default=False)

"""What clients send and get about batches."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.batches.api.fields import (
    Form,
    MomentField,
    PageQuery,
    PaginationOutput,
    PeriodQuery,
    WordsField,
)
from apps.batches.models import BatchRun
from apps.batches.presentation import (
    categories_of,
    epoch_ms,
    first_record_of,
    pause_reason_of,
    progress_of,
)
from apps.batches.status import BatchStatus, Outcome


class SourceForm(Form):
    """A workbook that was uploaded; what it may hold is checked where it is read."""

    uploadId = serializers.UUIDField()
    sheet = serializers.CharField(required=False)
    headerRow = serializers.IntegerField(required=False, default=1)
    mapping = serializers.DictField(required=False, help_text="Column to field.")
    mappingName = serializers.CharField(required=False, help_text="A saved mapping instead.")
    constants = serializers.DictField(required=False)
    groupBy = serializers.CharField(required=False)
    collect = serializers.ListField(child=serializers.CharField(), required=False)
    skipBlankRows = serializers.BooleanField(required=False, default=True)
    maxRows = serializers.IntegerField(required=False)


@extend_schema_field({"type": "array", "items": {"type": "object"}, "maxItems": 10_000})
class RecordsField(serializers.Field[Any, Any, Any, Any]):
    """Records as they came; ten thousand of them are checked in one go, not field by field."""

    def to_internal_value(self, data: Any) -> Any:
        return data


@extend_schema_field(SourceForm)
class SourceField(serializers.Field[Any, Any, Any, Any]):
    """A source as it came; the service that reads it names what is wrong with it."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class JobInput(Form):
    sessionId = serializers.CharField(max_length=64)
    records = RecordsField(required=False)
    source = SourceField(required=False)  # type: ignore[assignment]  # the contract's name
    verbose = serializers.BooleanField(default=False)
    priority = serializers.IntegerField(min_value=0, max_value=9, default=5)
    dryRun = serializers.BooleanField(default=False)
    allowDuplicates = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let a job have one origin."""
        if "records" in attrs and "source" in attrs:
            message = "Send either records or source, not both."
            raise serializers.ValidationError({"source": [message]}, "ambiguous")
        return attrs


class BatchPreviewInput(Form):
    sessionId = serializers.CharField(max_length=64)
    source = SourceField()  # type: ignore[assignment]  # the contract's name
    limit = serializers.IntegerField(min_value=1, max_value=50, default=10)


class QueuedJob(serializers.Serializer[Any]):
    status = serializers.SerializerMethodField()
    jobId = serializers.CharField(source="job.public_id")
    totalRecords = serializers.IntegerField(source="total")
    possibleDuplicates = serializers.IntegerField(source="possible_duplicates")
    statusUrl = serializers.SerializerMethodField()

    def get_status(self, _run: BatchRun) -> str:
        return "queued"

    def get_statusUrl(self, run: BatchRun) -> str:
        return f"/api/jobs/{run.job.public_id}"


class JobsQuery(PeriodQuery, PageQuery):
    status = WordsField(BatchStatus.values)
    outcome = WordsField(Outcome.values)
    sessionId = serializers.CharField(max_length=64, required=False)
    q = serializers.CharField(
        max_length=256, required=False, allow_blank=True, help_text="A record's key or member."
    )


class ProgressMeta(serializers.Serializer[Any]):
    avgTimePerRecordMs = serializers.IntegerField(allow_null=True)
    estTimeLeftSec = serializers.IntegerField(allow_null=True)
    currentConcurrency = serializers.IntegerField()
    backlog = serializers.IntegerField()
    minConcurrency = serializers.IntegerField()
    maxConcurrency = serializers.IntegerField()
    stabilityCounter = serializers.IntegerField()
    circuitBreakerTripped = serializers.BooleanField()
    inRecoveryMode = serializers.BooleanField()
    recoveryProgress = serializers.FloatField(allow_null=True)
    predictedAdjustment = serializers.IntegerField()
    lastChanged = serializers.DateTimeField(allow_null=True)
    timestamp = serializers.IntegerField(help_text="Milliseconds since 1970.")


class ProgressOutput(serializers.Serializer[Any]):
    completed = serializers.IntegerField()
    total = serializers.IntegerField()
    successCount = serializers.IntegerField()
    failureCount = serializers.IntegerField()
    userActionCount = serializers.IntegerField()
    pendingRetryCount = serializers.IntegerField()
    percent = serializers.FloatField()
    meta = ProgressMeta()


class FirstRecord(serializers.Serializer[Any]):
    TransactionId = serializers.JSONField()
    MemberId = serializers.JSONField()
    PayerId = serializers.JSONField()


class JobLine(serializers.Serializer[Any]):
    """A batch in a list; the names and the epoch times are those of the original."""

    id = serializers.CharField(source="job.public_id")
    name = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=BatchStatus.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_null=True)
    sessionId = serializers.CharField(source="session.public_id")
    meta = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    timestamp = serializers.SerializerMethodField()
    processedOn = serializers.SerializerMethodField()
    finishedOn = serializers.SerializerMethodField()

    def get_name(self, _run: BatchRun) -> str:
        return "processBatch"

    @extend_schema_field(FirstRecord)
    def get_meta(self, run: BatchRun) -> dict[str, Any]:
        return first_record_of(run)

    @extend_schema_field(ProgressOutput)
    def get_progress(self, run: Any) -> dict[str, Any]:
        return progress_of(run, backlog=run.backlog)

    def get_timestamp(self, run: BatchRun) -> int | None:
        return epoch_ms(run.job.created_at)

    def get_processedOn(self, run: BatchRun) -> int | None:
        return epoch_ms(run.job.started_at)

    def get_finishedOn(self, run: BatchRun) -> int | None:
        return epoch_ms(run.job.finished_at)


class StatusTotals(serializers.Serializer[Any]):
    waiting = serializers.IntegerField()
    active = serializers.IntegerField()
    paused = serializers.IntegerField()
    delayed = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class JobListOutput(serializers.Serializer[Any]):
    jobs = JobLine(many=True)
    pagination = PaginationOutput()
    statusTotals = StatusTotals()


class RowCounts(serializers.Serializer[Any]):
    pending = serializers.IntegerField()
    inFlight = serializers.IntegerField()
    retrying = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    needsAction = serializers.IntegerField()
    failed = serializers.IntegerField()
    unknown = serializers.IntegerField()
    skipped = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class JobLinks(serializers.Serializer[Any]):
    records = serializers.SerializerMethodField()
    logs = serializers.SerializerMethodField()
    errors = serializers.SerializerMethodField()  # type: ignore[assignment]  # the same

    def get_records(self, run: BatchRun) -> str:
        return f"/api/jobs/{run.job.public_id}/records"

    def get_logs(self, run: BatchRun) -> str:
        return f"/api/logs/{run.session.public_id}?jobId={run.job.public_id}"

    def get_errors(self, run: BatchRun) -> str:
        return f"/api/jobs/{run.job.public_id}/records?state=needsAction,failed,unknown"


class JobOutput(serializers.Serializer[Any]):
    """All about a batch."""

    jobId = serializers.CharField(source="job.public_id")
    sessionId = serializers.CharField(source="session.public_id")
    status = serializers.ChoiceField(choices=BatchStatus.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_null=True)
    pauseReason = serializers.SerializerMethodField()
    failedReason = serializers.SerializerMethodField()
    totalRecords = serializers.IntegerField(source="total")
    possibleDuplicates = serializers.IntegerField(source="possible_duplicates")
    progress = serializers.SerializerMethodField()
    counts = RowCounts()
    categories = serializers.SerializerMethodField()
    attempt = serializers.SerializerMethodField()
    createdAt = MomentField(source="job.created_at")
    startedAt = MomentField(source="job.started_at")
    finishedAt = MomentField(source="job.finished_at")
    durationMs = serializers.SerializerMethodField()
    links = JobLinks(source="*")

    def get_pauseReason(self, run: Any) -> str | None:
        return pause_reason_of(run, run.status)

    def get_failedReason(self, run: BatchRun) -> str | None:
        return run.job.error_message

    @extend_schema_field(ProgressOutput)
    def get_progress(self, run: Any) -> dict[str, Any]:
        return progress_of(run, backlog=run.backlog)

    def get_categories(self, run: BatchRun) -> dict[str, int]:
        return categories_of(run)

    def get_attempt(self, run: BatchRun) -> int:
        return max(1, run.job.attempts)

    def get_durationMs(self, run: BatchRun) -> int | None:
        """Return how long it took; null while it is not over."""
        if run.job.started_at is None or run.job.finished_at is None:
            return None
        return round((run.job.finished_at - run.job.started_at).total_seconds() * 1000)


class RehearsedJob(serializers.Serializer[Any]):
    dryRun = serializers.BooleanField()
    totalRecords = serializers.IntegerField()
    validCount = serializers.IntegerField()
    invalidCount = serializers.IntegerField()
    details = serializers.ListField(child=serializers.DictField())
    requests = serializers.ListField(child=serializers.DictField())
    estimatedSeconds = serializers.FloatField()


class PreviewRow(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    record = serializers.DictField()
    issues = serializers.ListField(child=serializers.DictField())


class BatchPreview(serializers.Serializer[Any]):
    columns = serializers.ListField(child=serializers.CharField())
    sample = PreviewRow(many=True)
    rows = serializers.IntegerField()
    records = serializers.IntegerField()
    invalid = serializers.IntegerField()


class RetryInput(Form):
    scope = serializers.ChoiceField(choices=["failed", "unknown", "all_unsuccessful"])
    seqs = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=10_000
    )


class ControlOutput(serializers.Serializer[Any]):
    status = serializers.CharField()
    jobId = serializers.CharField()


class ReasonInput(Form):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class QueueOutput(serializers.Serializer[Any]):
    status = serializers.CharField()


class QueueStanding(serializers.Serializer[Any]):
    paused = serializers.BooleanField()
    pausedAt = MomentField()
    reason = serializers.CharField()
    actor = serializers.CharField()

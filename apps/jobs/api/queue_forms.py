"""What clients get about queues, workers and failures."""

from typing import Any

from rest_framework import serializers

from apps.jobs.api.forms import MomentField
from apps.jobs.workers import Bench


class QueueReasonInput(serializers.Serializer[Any]):
    """Why; the next person will ask."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class PausePart(serializers.Serializer[Any]):
    at = MomentField(source="paused_at")
    reason = serializers.CharField()
    actor = serializers.CharField()


class OpenPart(serializers.Serializer[Any]):
    queued = serializers.IntegerField()
    scheduled = serializers.IntegerField()
    running = serializers.IntegerField()
    paused = serializers.IntegerField()
    cancelling = serializers.IntegerField()


class EndsPart(serializers.Serializer[Any]):
    completed = serializers.IntegerField()
    partial = serializers.IntegerField()  # type: ignore[assignment]  # a state's name
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class JobQueueOutput(serializers.Serializer[Any]):
    """One queue."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the page's word
    open = OpenPart(source="counts")
    ended24h = EndsPart(source="ends")
    oldestWaitingSeconds = serializers.FloatField(source="oldest_seconds", allow_null=True)
    averageSeconds = serializers.FloatField(source="average_seconds", allow_null=True)
    pause = PausePart(allow_null=True)


class HourOutput(serializers.Serializer[Any]):
    begin = MomentField()
    ends = EndsPart()


class MessagesPart(serializers.Serializer[Any]):
    unsent = serializers.IntegerField()
    oldestSeconds = serializers.FloatField(allow_null=True)
    setAside = serializers.IntegerField()


class QueueListOutput(serializers.Serializer[Any]):
    queues = JobQueueOutput(many=True)
    pause = PausePart(allow_null=True)
    hours = HourOutput(many=True)
    messages = MessagesPart()


class JobPart(serializers.Serializer[Any]):
    jobId = serializers.UUIDField(source="pk")
    type = serializers.CharField()


class WorkerOutput(serializers.Serializer[Any]):
    """One worker."""

    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["busy", "idle", "leaving", "lost"])
    host = serializers.CharField(source="worker.host", default=None, allow_null=True)
    pid = serializers.IntegerField(source="worker.pid", default=None, allow_null=True)
    version = serializers.CharField(source="worker.version", default=None, allow_null=True)
    queues = serializers.ListField(
        source="worker.queues", child=serializers.CharField(), default=[]
    )
    processes = serializers.IntegerField(source="worker.processes", default=None, allow_null=True)
    busy = serializers.IntegerField()
    startedAt = MomentField(source="worker.started_at", default=None)
    seenAt = MomentField(source="worker.seen_at", default=None)
    jobs = serializers.SerializerMethodField()

    def get_jobs(self, bench: Bench) -> list[dict[str, str]]:
        """Return what it works on; whose job it is, is not told."""
        return [{"jobId": str(job.pk), "type": job.type} for job in [*bench.jobs, *bench.helps]]


class WorkerListOutput(serializers.Serializer[Any]):
    workers = WorkerOutput(many=True)


class FailureOutput(serializers.Serializer[Any]):
    """Jobs that failed in the same way."""

    fingerprint = serializers.CharField()
    count = serializers.IntegerField()
    type = serializers.CharField(source="latest.type")
    code = serializers.CharField(source="latest.error_code")
    message = serializers.CharField()
    firstAt = MomentField(source="first_at")
    lastAt = MomentField(source="last_at")
    latestJobId = serializers.UUIDField(source="latest.pk")


class FailureListOutput(serializers.Serializer[Any]):
    failures = FailureOutput(many=True)


class PeriodicOutput(serializers.Serializer[Any]):
    """A line of the timetable."""

    name = serializers.CharField()
    task = serializers.CharField()
    rhythm = serializers.CharField(help_text="`every 15 s`, or as cron writes it.")
    lastAt = MomentField(source="run.started_at", default=None)
    tookMs = serializers.FloatField(source="run.took_ms", default=None, allow_null=True)
    error = serializers.CharField(source="run.error", default=None, allow_null=True)
    nextAt = MomentField(source="next_at")
    isLate = serializers.BooleanField(source="is_late")


class PeriodicListOutput(serializers.Serializer[Any]):
    periodic = PeriodicOutput(many=True)


class ActionOutput(serializers.Serializer[Any]):
    """Something that somebody did to a queue, or to many jobs."""

    at = MomentField()
    actor = serializers.CharField()
    action = serializers.CharField()
    subject = serializers.CharField()
    reason = serializers.CharField()
    count = serializers.IntegerField(allow_null=True)


class ActionListOutput(serializers.Serializer[Any]):
    actions = ActionOutput(many=True)
    pagination = serializers.DictField(child=serializers.IntegerField())

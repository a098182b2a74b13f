from typing import Any

from django.db.models import Q

from apps.jobs.message_queues import waiting_in
from apps.jobs.querysets import JobQuerySet


def matching(jobs: JobQuerySet, query: dict[str, Any]) -> JobQuerySet:
    """Return those of the jobs that a filter means; each of its words is optional."""
    if "type" in query:
        jobs = jobs.filter(type=query["type"])
    if "status" in query:
        jobs = jobs.filter(status=query["status"])
    if "state" in query:
        jobs = jobs.in_states([query["state"]])
    if query.get("q"):
        jobs = jobs.filter(Q(title__icontains=query["q"]) | Q(error_message__icontains=query["q"]))
    if "fingerprint" in query:
        jobs = jobs.alike(query["fingerprint"])
    if "worker" in query:
        jobs = jobs.held_by(query["worker"])
    if "queue" in query:
        jobs = waiting_in(jobs, query["queue"])
    if "from" in query:
        jobs = jobs.filter(created_at__gte=query["from"])
    if "to" in query:
        jobs = jobs.filter(created_at__lte=query["to"])
    return jobs

"""Batches that have ended, made by the real engine against a recording partner."""

from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.batches.models import BatchRun, BatchSession
from apps.batches.services.submit_source import submit_source
from apps.jobs.services.run_slice import run_slice
from tests.factories.batches import upload_of
from tests.support.partner import RecordingPartner

SHEET = """Claim,Member,Days
RX-1,000000001,30
RX-2,000000002,10
RX-3,,20
RX-4,000000004,20
"""
MAPPING = {
    "Claim": {"field": "requestId", "type": "string"},
    "Member": {"field": "memberId", "type": "string"},
    "Days": {"field": "daysOfSupply", "type": "integer"},
}


def finished_batch(session: BatchSession, partner: RecordingPartner, folder: Path) -> BatchRun:
    """Send four rows: one succeeds, one is refused, one lacks its member, one fails for good."""
    session.required_fields, session.max_concurrent = ["requestId", "memberId"], 4
    session.save(update_fields=["required_fields", "max_concurrent"])
    partner.script({"RX-2": "status:422", "RX-4": "status:401"})
    path = folder / "claims.csv"
    path.write_text(SHEET, encoding="utf-8")
    source: dict[str, Any] = {"uploadId": str(upload_of(path, session.owner).pk)}
    job = submit_source(
        session=session,
        owner=session.owner,
        source=source | {"mapping": MAPPING},
        now=timezone.now(),
    )
    run_slice(job_id=job.pk)
    return BatchRun.objects.select_related("job", "session", "upload").get(pk=job.pk)

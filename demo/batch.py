"""The main job, through the public API: a workbook goes row by row to the partner."""

import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from demo.client import Client
from demo.workbook import MAPPING, SHEET

ENDED = ("completed", "failed", "cancelled")
PATIENCE = 600
MEANINGS = {
    "succeeded": "accepted by the partner",
    "needsAction": "somebody has to correct the row",
    "failed": "refused, or the partner stayed down",
    "unknown": "sent, answer never seen",
    "skipped": "not sent",
    "cancelled": "not sent",
    "pending": "still to be sent",
    "inFlight": "being sent",
    "retrying": "will be sent again",
}


class BatchStuck(Exception):
    """The batch did not end in time."""


def source_of(upload_id: str) -> dict[str, Any]:
    """Return how the sample workbook is to be read."""
    return {"uploadId": upload_id, "sheet": SHEET, "headerRow": 1, "mapping": MAPPING}


def submit(client: Client, *, session_id: str, workbook: Path, console: Console) -> str:
    """Upload the workbook, look at what would be sent, and hand it in; return the job's id."""
    source = source_of(client.upload(workbook))
    seen = client.post("/api/jobs/preview", {"sessionId": session_id, "source": source})
    console.print(
        f"Preview of {workbook.name}: {seen['rows']} rows, {seen['records']} records, "
        f"{seen['invalid']} with issues."
    )
    body = {"sessionId": session_id, "source": source, "allowDuplicates": True}
    return str(client.post("/api/jobs", body)["jobId"])


def watch(client: Client, job_id: str, console: Console) -> dict[str, Any]:
    """
    Show the progress until the job has ended; return it.

    :raises BatchStuck: if it does not end within ten minutes
    """
    give_up_at = time.monotonic() + PATIENCE
    columns = (
        TextColumn("Sending rows"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("rows", total=None, rate="", left="")
        while True:
            job = client.get(f"/api/jobs/{job_id}")
            progress = job["progress"]
            bar.update(
                task,
                total=progress["total"] or None,
                completed=progress["completed"],
                rate=_rate(bar.tasks[0].speed),
                left=_left(progress["meta"].get("estTimeLeftSec")),
            )
            if job["status"] in ENDED:
                return dict(job)
            if time.monotonic() > give_up_at:
                raise BatchStuck(f"{job_id} is still {job['status']} after {PATIENCE} seconds.")
            time.sleep(0.5)


def _rate(per_second: float | None) -> str:
    return f"{per_second:.0f} rows/s" if per_second else ""


def _left(seconds: float | None) -> str:
    return f"about {seconds:.0f} s left" if seconds else ""


def summary(job: dict[str, Any]) -> Table:
    """Return the counts, and that they add up."""
    counts = {name: count for name, count in job["counts"].items() if count}
    table = Table(title=f"{job['jobId']}: {job['status']}, {job['outcome']}", show_footer=True)
    table.add_column("Rows", "Total")
    table.add_column("", str(sum(counts.values())), justify="right")
    table.add_column("", f"of {job['totalRecords']} in the workbook")
    for name, count in counts.items():
        table.add_row(name, str(count), MEANINGS.get(name, ""))
    return table

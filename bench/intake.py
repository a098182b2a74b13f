"""
From a received workbook of 50,000 x 10 to checked rows in the ledger: `python -m bench.intake`.

The peer only reads: openpyxl in read-only mode, every cell once, nothing done with it. Ours is
everything between the file on disk and the last committed row: submission, reading in the child
process, mapping, validation, fingerprints, COPY, indexes and counters.
"""

import random
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.common import PeakMemory, Timer, interleave, publish, start_house

ROWS = 50_000
ROUNDS = 5
GOAL = 1.67
MOST_MIB = 300
HEADER = (
    "Claim no",
    "Member",
    "Member name",
    "Payer",
    "Prescriber",
    "Drug code",
    "Service date",
    "Days of supply",
    "Quantity",
    "Amount",
)
MAPPING = {
    "Claim no": {"field": "requestId", "type": "string", "required": True},
    "Member": {"field": "memberId", "type": "string", "required": True},
    "Member name": {"field": "memberName", "type": "string"},
    "Payer": {"field": "payerId", "type": "integer", "required": True},
    "Prescriber": {"field": "prescriberId", "type": "string"},
    "Drug code": {"field": "drugCode", "type": "string", "required": True},
    "Service date": {"field": "serviceDate", "type": "date", "format": "dd/MM/yyyy"},
    "Days of supply": {"field": "daysOfSupply", "type": "integer", "required": True},
    "Quantity": {"field": "quantity", "type": "decimal", "required": True},
    "Amount": {"field": "amount", "type": "decimal", "required": True},
}


def main() -> None:
    """Measure, and say how it went."""
    start_house()
    with tempfile.TemporaryDirectory() as directory:
        workbook = write_workbook(Path(directory) / "fifty-thousand.xlsx")
        print(f"{workbook.stat().st_size / 1024**2:.1f} MiB, {ROWS:,} rows x {len(HEADER)} columns")
        medians = interleave(
            {
                "openpyxl read-only, bare": lambda: read_with_openpyxl(workbook),
                "upload to checked rows": lambda: take_in(workbook),
            },
            rounds=ROUNDS,
        )
        with PeakMemory() as peak:
            take_in(workbook)
    ours, theirs = medians["upload to checked rows"], medians["openpyxl read-only, bare"]
    print(f"{ours:.2f} s against {theirs:.2f} s; peak of our processes {peak.mib:.0f} MiB")
    publish(
        "intake",
        value=ours,
        unit="s",
        peer="openpyxl read-only, bare reading",
        peer_value=theirs,
        ratio=theirs / ours,
        goal=GOAL,
        rows_per_second=ROWS / ours,
        peak_mib=peak.mib,
        most_mib=MOST_MIB,
    )


def write_workbook(path: Path) -> Path:
    """Write claims as a pharmacy would, one in 500 of them with a fault."""
    import xlsxwriter

    chance = random.Random(7)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet, day = book.add_worksheet("Claims"), book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, HEADER)
        for row in range(1, ROWS + 1):
            served = date(2026, 3, 1) + timedelta(days=chance.randint(0, 30))
            quantity = chance.randint(1, 180)
            sheet.write_string(row, 0, f"RX-{1_000_000 + row}")
            sheet.write_string(row, 1, "" if row % 500 == 0 else f"{chance.randint(1, 10**9):09d}")
            sheet.write_string(row, 2, chance.choice(("Ada Moreau", "Li Wei", "Omar Haddad")))
            sheet.write_number(row, 3, chance.randint(400, 420))
            sheet.write_string(row, 4, f"{chance.randint(10**9, 10**10 - 1)}")
            sheet.write_string(row, 5, f"{chance.randint(0, 99999):05d}-{row % 9999:04d}-21")
            sheet.write_datetime(row, 6, served, day)
            sheet.write_number(row, 7, chance.choice((10, 30, 60, 90)))
            sheet.write_number(row, 8, quantity)
            sheet.write_number(row, 9, round(quantity * 0.37, 2))
    return path


def read_with_openpyxl(path: Path) -> float:
    """Read every cell once; return the seconds."""
    from openpyxl import load_workbook

    with Timer() as timer:
        book = load_workbook(path, read_only=True, data_only=True)
        rows = sum(1 for _ in book.worksheets[0].iter_rows(values_only=True))
        book.close()
    assert rows == ROWS + 1
    return timer.seconds


def take_in(path: Path) -> float:
    """Submit the workbook and expand it; return the seconds."""
    from django.utils import timezone

    from apps.batches.models import BatchRun
    from apps.batches.services.expand_run import expand_run
    from apps.batches.services.submit_source import submit_source
    from apps.jobs.services.claim_job import claim_job
    from apps.jobs.services.work_slice import Slice
    from tests.factories.batches import BatchSessionFactory, upload_of

    session = BatchSessionFactory()
    upload = upload_of(path, session.owner)
    source = {"uploadId": str(upload.pk), "sheet": "Claims", "mapping": MAPPING}
    with Timer() as timer:
        job = submit_source(session=session, owner=session.owner, source=source, now=timezone.now())
        with Slice(claim_job(job.pk)) as work:
            run = BatchRun.objects.select_related("session", "job", "upload").get(pk=job.pk)
            while not expand_run(work, run):
                run.refresh_from_db()
            work.again()
    assert (run.expanded, run.needs_action) == (ROWS, ROWS // 500), (run.expanded, run.needs_action)
    return timer.seconds


if __name__ == "__main__":
    main()

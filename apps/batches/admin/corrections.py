from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.accounts.staff import staff_of
from apps.batches.admin.streamed import Arrival
from apps.batches.models import BatchRun
from apps.batches.services.apply_corrections import Corrections, apply_corrections
from apps.core.errors import DomainError
from apps.uploads.services.receive_uploads import receive_uploads

SHOWN = 5


class CorrectionsForm(forms.Form):
    """The corrected workbook."""

    file = forms.FileField(
        label="Corrected workbook",
        widget=UnfoldAdminFileFieldWidget({"accept": ".xlsx"}),
    )


def take_corrections(request: HttpRequest, arrival: Arrival, run: BatchRun) -> None:
    """Send what changed in the workbook that came; the messages say what became of its rows."""
    if arrival.refused or not arrival.files:
        messages.error(request, arrival.refused or "Choose the corrected workbook first.")
        return
    owner = staff_of(request)
    try:
        with receive_uploads(files=arrival.files[:1], owner=owner, now=timezone.now()) as uploads:
            found = apply_corrections(run=run, upload=uploads[0], actor=owner.get_username())
    except DomainError as error:
        messages.error(request, " ".join([str(error), *_complaints(error)]))
        return
    tell = messages.success if found.reopened else messages.warning
    tell(request, in_words(found))
    for detail in found.details[:SHOWN]:
        messages.warning(request, f"Row {detail.row}: {detail.message}")


def in_words(found: Corrections) -> str:
    """Return what became of the rows of a corrected workbook."""
    parts = {
        "changed and sent": found.changed,
        "sent again": found.resent,
        "still not fit to be sent": found.invalid + found.unchanged_invalid,
        "succeeded before and left alone": found.ignored_succeeded,
        "corrected by somebody else meanwhile": found.outdated,
        "left alone, because they may have been done already": found.left_unknown,
        "not of this batch": found.unknown_rows,
    }
    told = ", ".join(f"{rows:,} {what}" for what, rows in parts.items() if rows)
    return f"Rows: {told}." if told else "Nothing in this workbook is to be sent."


def _complaints(error: DomainError) -> list[str]:
    return [detail.message for detail in error.details[:SHOWN] if detail.message != str(error)]

from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from apps.accounts.models import User
from apps.batches.models import BatchSession
from apps.uploads.models import Upload

RECENT = 20


class SessionChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Sessions by name and host."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.host})"


class UploadChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Uploads by name and day."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.original_name}, {obj.uploaded_at:%d %b %H:%M}"


class SourceForm(forms.Form):
    """Which file goes to whom."""

    session = SessionChoice(
        queryset=BatchSession.objects.none(),
        widget=UnfoldAdminSelectWidget(),
        empty_label=None,
        help_text="Where the rows are sent, and as whom.",
    )
    file = forms.FileField(
        label="Workbook",
        required=False,
        widget=UnfoldAdminFileFieldWidget({"accept": ".xlsx,.csv,.tsv,.txt,.json,.ndjson,.jsonl"}),
        help_text="An Excel workbook (.xlsx), CSV or JSON file.",
    )
    upload = UploadChoice(
        label="Or a recent upload",
        queryset=Upload.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        empty_label="None of these",
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sessions = BatchSession.objects.visible_to(owner).usable(timezone.now())
        self.fields["session"].queryset = sessions.defer("credentials")  # type: ignore[attr-defined]
        uploads = Upload.objects.readable().filter(owner=owner)
        newest = uploads.order_by("-uploaded_at").values("pk")[:RECENT]
        recent = Upload.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))
        self.fields["upload"].queryset = recent  # type: ignore[attr-defined]
        self.has_sessions = sessions.exists()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("upload") is None and not data.get("file") and "file" not in self.errors:
            self.add_error("file", "Choose a file, or one of the recent uploads below.")
        if data.get("file"):
            data["upload"] = None
        return data

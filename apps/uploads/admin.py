from typing import cast

from django.contrib import admin, messages
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.accounts.models import Role, User
from apps.core.errors import DomainError
from apps.uploads.models import Upload, UploadStatus
from apps.uploads.services.find_upload import find_upload
from apps.uploads.services.remove_upload import remove_upload
from apps.uploads.services.touch_upload import touch_upload


class KeptFilter(admin.SimpleListFilter):
    """Whether the bytes are still there."""

    title = "file"
    parameter_name = "kept"

    def lookups(self, _request: HttpRequest, _admin: object) -> list[tuple[str, str]]:
        return [("yes", "Kept"), ("no", "Removed")]

    def queryset(self, _request: HttpRequest, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
        if self.value() is None:
            return uploads
        return uploads.filter(deleted_at__isnull=self.value() == "yes")


@admin.register(Upload)
class UploadAdmin(ModelAdmin):  # type: ignore[misc]
    """Files as received; they come in through the API, and are only looked at here."""

    list_display = (
        "original_name",
        "owner",
        "kind_name",
        "size",
        "row_count",
        "digest",
        "state",
        "uploaded_at",
        "download",
    )
    list_filter = ("status", KeptFilter, "mime_type")
    list_select_related = ("owner",)
    search_fields = ("original_name", "sha256", "owner__username")
    date_hierarchy = "uploaded_at"
    actions = ("remove_files",)
    fields = (
        "original_name",
        "owner",
        "state",
        "size",
        "kind_name",
        "declared_mime",
        "encoding",
        "delimiter",
        "sha256",
        "sheets",
        "columns",
        "row_count",
        "uploaded_at",
        "last_used_at",
        "deleted_at",
        "download",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        return Upload.objects.visible_to(cast(User, request.user))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _upload: Upload | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _upload: Upload | None = None) -> bool:
        return False

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).may_act_as(Role.OPERATOR)

    @display(description="Type", ordering="mime_type")
    def kind_name(self, upload: Upload) -> str:
        return upload.mime_type.rpartition("/")[2].rpartition(".")[2] or "unknown"

    @display(description="Size", ordering="size_bytes")
    def size(self, upload: Upload) -> str:
        return filesizeformat(upload.size_bytes or 0)

    @display(description="SHA-256", ordering="sha256")
    def digest(self, upload: Upload) -> str:
        return f"{upload.sha256[:12]}…" if upload.sha256 else ""

    @display(
        description="State",
        ordering="status",
        label={"Completed": "success", "Pending": "info", "Failed": "danger", "Removed": "warning"},
    )
    def state(self, upload: Upload) -> str:
        return "Removed" if upload.deleted_at else str(UploadStatus(upload.status).label)

    @display(description="File")
    def download(self, upload: Upload) -> str:
        if upload.deleted_at or upload.status != UploadStatus.COMPLETED:
            return "-"
        url = reverse("admin:uploads_upload_download", args=[upload.pk])
        return format_html('<a href="{}" class="br-link">Download</a>', url)

    @action(description="Remove the files", permissions=["remove"])
    def remove_files(self, request: HttpRequest, uploads: QuerySet[Upload]) -> None:
        removed = 0
        for upload in uploads:
            try:
                remove_upload(upload=upload, now=timezone.now())
                removed += 1
            except DomainError as error:
                self.message_user(request, f"{upload}: {error}", messages.WARNING)
        self.message_user(request, f"Removed {removed} files.", messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        send = self.admin_site.admin_view(self.send_file)
        name = "uploads_upload_download"
        return [path("<uuid:upload_id>/download", send, name=name), *super().get_urls()]

    def send_file(self, request: HttpRequest, upload_id: str) -> FileResponse:
        """Send the bytes to their owner or an admin, as an attachment that no browser opens."""
        try:
            upload = find_upload(upload_id, cast(User, request.user))
            touch_upload(upload=upload, now=timezone.now())
            content = default_storage.open(upload.stored_path)
        except (DomainError, FileNotFoundError):
            raise Http404 from None
        return FileResponse(
            content,
            as_attachment=True,
            filename=upload.original_name,
            content_type="application/octet-stream",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"},
        )

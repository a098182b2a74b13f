"""From a workbook to a batch in two pages: which file to whom, then what its columns become."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from apps.accounts.staff import staff_of
from apps.batches.admin.mapping_desk import Desk, NoSession
from apps.batches.admin.source_form import SourceForm
from apps.batches.admin.streamed import Arrival, receives_files
from apps.core.errors import DomainError
from apps.uploads.services.find_upload import find_upload
from apps.uploads.services.receive_uploads import receive_uploads

SOURCE_PAGE = "admin/backroom/new_batch_source.html"
MAPPING_PAGE = "admin/backroom/new_batch_mapping.html"


def new_batch_urls(site: AdminSite, opts: Any) -> list[URLPattern]:
    """Return the addresses of the two pages."""
    pages = NewBatch(site, opts)
    return [
        path("new", site.admin_view(pages.choose), name="batches_batchrun_new"),
        path(
            "new/<uuid:upload_id>",
            site.admin_view(pages.map_columns),
            name="batches_batchrun_map",
        ),
    ]


class NewBatch:
    """The two pages, for those who may start batches."""

    def __init__(self, site: AdminSite, opts: Any) -> None:
        self._site, self._opts = site, opts

    @property
    def choose(self) -> Any:
        """Return the first page."""
        return receives_files(self._choose)

    def _choose(self, request: HttpRequest, arrival: Arrival) -> HttpResponse:
        self._check_may_start(request)
        owner = staff_of(request)
        if request.method != "POST" or arrival.refused:
            asked = {"session": request.GET.get("session", "")}
            form = SourceForm(owner=owner, initial=asked)
            return self._source_page(request, form, refused=arrival.refused)
        form = SourceForm(request.POST, request.FILES, owner=owner)
        if not form.is_valid():
            return self._source_page(request, form)
        upload = form.cleaned_data["upload"]
        if upload is None:
            try:
                with receive_uploads(
                    files=arrival.files, owner=owner, now=timezone.now()
                ) as uploads:
                    upload = uploads[0]
            except DomainError as error:
                form.add_error("file", str(error))
                return self._source_page(request, form)
        address = reverse("admin:batches_batchrun_map", args=[upload.pk])
        asked = {"session": form.cleaned_data["session"].pk}
        return HttpResponseRedirect(f"{address}?{urlencode(asked)}")

    def _source_page(
        self, request: HttpRequest, form: SourceForm, refused: str = ""
    ) -> HttpResponse:
        context = {"form": form, "refused": refused, "title": "New batch: workbook and partner"}
        failed = refused or form.errors
        return self._page(request, SOURCE_PAGE, context, status=422 if failed else 200)

    def map_columns(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """Show and carry out the second page."""
        self._check_may_start(request)
        try:
            upload = find_upload(upload_id, staff_of(request))
            desk = Desk(upload, staff_of(request), request.GET)
        except (NoSession, DomainError) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:batches_batchrun_new"))
        if request.method == "POST":
            desk.read(request.POST)
            action = request.POST.get("action", "preview")
            if action == "start" and (job := desk.start(timezone.now())):
                messages.success(request, "Started. This page follows the batch by itself.")
                return HttpResponseRedirect(reverse("admin:batches_batchrun_change", args=[job.pk]))
            if action == "save" and (name := desk.save()):
                messages.success(request, f"The mapping is saved with the session as “{name}”.")
            if action == "rehearse":
                desk.rehearse()
        desk.preview()
        context = {"desk": desk, "title": "New batch: columns"}
        return self._page(request, MAPPING_PAGE, context, status=422 if desk.is_refused else 200)

    def _check_may_start(self, request: HttpRequest) -> None:
        if not staff_of(request).has_perm("batches.add_batchrun"):
            raise PermissionDenied

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        request.current_app = self._site.name
        shared = self._site.each_context(request) | {"opts": self._opts}
        return TemplateResponse(request, template, shared | context, status=status)

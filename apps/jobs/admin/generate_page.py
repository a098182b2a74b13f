"""Start a generation by hand: a form, a look at the first rows, and off it goes."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from apps.accounts.staff import staff_of
from apps.core.errors import DomainError
from apps.jobs.admin.generate_form import (
    GenerationForm,
    Line,
    complain,
    first_lines,
    sent_lines,
    type_groups,
    with_room,
)
from apps.jobs.services.preview_generation import Preview
from apps.jobs.services.saved_schemas import SchemaNotFound, find_schema, latest_schemas
from apps.jobs.services.start_generation import check_generation, start_generation

PAGE = "admin/backroom/generate.html"
PREVIEWED = 10


def generate_urls(site: AdminSite) -> list[URLPattern]:
    """Return the address of the page."""
    page = GeneratePage(site)
    return [path("generate", site.admin_view(page.show), name="jobs_job_generate")]


class GeneratePage:
    """The page, for those who may start jobs."""

    def __init__(self, site: AdminSite) -> None:
        self._site = site

    def show(self, request: HttpRequest) -> HttpResponse:
        """Show the form, and do what its button says."""
        if not staff_of(request).has_perm("jobs.change_job"):
            raise PermissionDenied
        if request.method != "POST":
            return self._blank(request)
        form, lines = GenerationForm(request.POST), sent_lines(request.POST)
        context: dict[str, Any] = {"form": form, "problems": []}
        fields = [line.as_field() for line in lines]
        refused = not form.is_valid() or any(line.errors for line in lines)
        if not refused and request.POST.get("action") != "more":
            document = {**form.cleaned_data, "fields": fields}
            try:
                if request.POST.get("action") == "start":
                    return self._started(request, document)
                preview = context["preview"] = _look(document)
                # What was looked at is what will be made.
                context["form"] = GenerationForm(form.cleaned_data | {"seed": preview["seed"]})
            except DomainError as error:
                refused = True
                context["problems"] = complain(lines, error.details) or (
                    [] if error.details else [str(error)]
                )
        context["lines"] = with_room(lines)
        return self._page(request, context, status=422 if refused else 200)

    def _blank(self, request: HttpRequest) -> HttpResponse:
        name, given = request.GET.get("schema", ""), None
        initial: dict[str, Any] = {}
        if name:
            try:
                given = find_schema(name).document
                initial = {**given, "name": given.get("name", name)}
            except SchemaNotFound as error:
                messages.error(request, str(error))
        fields = given.get("fields") if given else None
        context = {
            "form": GenerationForm(initial=initial),
            "lines": first_lines(fields),
            "problems": [],
            "chosen": name,
        }
        return self._page(request, context, status=200)

    def _started(self, request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
        accepted = start_generation(document=document, owner=staff_of(request), now=timezone.now())
        messages.success(request, "Started. This page follows it by itself.")
        return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[accepted.job.pk]))

    def _page(self, request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
        request.current_app = self._site.name
        lines: list[Line] = context["lines"]
        shared = self._site.each_context(request) | {
            "title": "Generate data",
            "types": type_groups(),
            "schemas": list(latest_schemas().values_list("name", flat=True)),
            "wrong": any(line.errors for line in lines),
        }
        return TemplateResponse(request, PAGE, shared | context, status=status)


def _look(document: dict[str, Any]) -> dict[str, Any]:
    """Return the first rows as a table."""
    plan, preview = check_generation(document, now=timezone.now(), rows=PREVIEWED)
    rows = _rows(preview)
    return {
        "names": list(rows[0]),
        "rows": [list(row.values()) for row in rows],
        "bytes": preview.estimated_bytes,
        "total": plan.schema.rows,
        "seed": plan.schema.seed,
        "warnings": preview.warnings,
    }


def _rows(preview: Preview) -> list[dict[str, Any]]:
    return next(iter(preview.datasets.values()))

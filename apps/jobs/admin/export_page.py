"""Start an export by hand: a data set, its columns, a look at the first rows, and off it goes."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from apps.accounts.staff import staff_of
from apps.core.errors import DomainError
from apps.jobs.admin.export_form import (
    IN_WORDS,
    ExportForm,
    complain,
    document_of,
    empty_lines,
    sent_lines,
)
from apps.jobs.exports.datasets import Dataset, datasets_for
from apps.jobs.exports.filters import OPERATORS
from apps.jobs.services.estimate_export import estimate_export
from apps.jobs.services.start_export import start_export

PAGE = "admin/backroom/export.html"


def export_urls(site: AdminSite) -> list[URLPattern]:
    """Return the address of the page."""
    page = ExportPage(site)
    return [path("export", site.admin_view(page.show), name="jobs_job_export")]


class ExportPage:
    """The page, for those who may start jobs."""

    def __init__(self, site: AdminSite) -> None:
        self._site = site

    def show(self, request: HttpRequest) -> HttpResponse:
        """Show the form, and do what its button says."""
        if not staff_of(request).has_perm("jobs.change_job"):
            raise PermissionDenied
        datasets = datasets_for(staff_of(request))
        dataset = _chosen(request, datasets)
        if request.method != "POST":
            form = ExportForm(dataset, initial={"format": "xlsx"})
            context = {"form": form, "lines": empty_lines(), "columns": _all(dataset)}
            return self._page(request, dataset, context, datasets=datasets)
        form, lines = ExportForm(dataset, request.POST), sent_lines(request.POST)
        columns = request.POST.getlist("columns")
        context = {"form": form, "lines": lines, "columns": columns}
        refused = not form.is_valid()
        if not refused:
            document = document_of(dataset, form.cleaned_data, columns, lines)
            try:
                if request.POST.get("action") == "start":
                    return _started(request, document)
                context["preview"] = estimate_export(
                    document=document, user=staff_of(request), now=timezone.now()
                )
            except DomainError as error:
                refused = True
                others = complain(lines, error.details)
                context["problems"] = others or ([] if error.details else [str(error)])
        context["wrong"] = refused
        status = 422 if refused else 200
        return self._page(request, dataset, context, datasets=datasets, status=status)

    def _page(
        self,
        request: HttpRequest,
        dataset: Dataset,
        context: dict[str, Any],
        *,
        datasets: list[Dataset],
        status: int = 200,
    ) -> HttpResponse:
        request.current_app = self._site.name
        shared = self._site.each_context(request) | {
            "title": "Export",
            "dataset": dataset,
            "datasets": datasets,
            "operators": [(name, IN_WORDS[name]) for name in OPERATORS],
        }
        return TemplateResponse(request, PAGE, shared | context, status=status)


def _chosen(request: HttpRequest, datasets: list[Dataset]) -> Dataset:
    name = request.GET.get("dataset", "orders")
    found = next((dataset for dataset in datasets if dataset.name == name), None)
    if found is None:
        raise Http404
    return found


def _all(dataset: Dataset) -> list[str]:
    return [column.name for column in dataset.columns]


def _started(request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
    job = start_export(document=document, owner=staff_of(request), now=timezone.now())
    messages.success(request, "Started. This page follows it by itself.")
    return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action

from apps.accounts.staff import staff_of
from apps.core.bulk import Bulk, told
from apps.core.errors import DomainError
from apps.orders.models import Order
from apps.orders.services.change_orders import (
    FIELDS,
    MOST_ORDERS,
    change_orders,
    count_undoable,
    undo_change,
)

SHOWN = 10


class BulkChanges(ModelAdmin):  # type: ignore[misc]
    """Changes of many orders, each looked at before it is made and undone after it if need be."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.undo_view)
        own = path("undo/<str:field>/<uuid:change>", view, name="orders_order_undo")
        return [own, *super().get_urls()]

    @action(description="Set the status…", permissions=["change"])
    def change_status(self, request: HttpRequest, orders: QuerySet[Order]) -> Any:
        return self._change(request, orders, "status")

    @action(description="Set the delivery status…", permissions=["change"])
    def change_delivery_status(self, request: HttpRequest, orders: QuerySet[Order]) -> Any:
        return self._change(request, orders, "delivery_status")

    @action(description="Set the priority…", permissions=["change"])
    def change_priority(self, request: HttpRequest, orders: QuerySet[Order]) -> Any:
        return self._change(request, orders, "priority")

    def _change(
        self, request: HttpRequest, orders: QuerySet[Order], field: str
    ) -> HttpResponse | None:
        """Show what would change, or change it; None leads back to the list."""
        bulk = Bulk(request, orders.count())
        if bulk.count > MOST_ORDERS:
            messages.error(
                request,
                f"{bulk.count:,} orders are too many; at most {MOST_ORDERS:,} can be changed at"
                " once. Filter the list further.",
            )
            return None
        value = {str(key): key for key in FIELDS[field][1]}.get(request.POST.get("value", ""))
        if not bulk.is_confirmed or value is None:
            return self._preview(request, orders, field, bulk)
        try:
            ids = list(orders.order_by("pk").values_list("pk", flat=True))
            done = change_orders(order_ids=ids, field=field, value=value, by=staff_of(request))
        except DomainError as error:
            messages.error(request, str(error))
            return None
        if done.orders:
            url = reverse("admin:orders_order_undo", args=[field, done.change])
            messages.success(request, format_html(
                '{} now {}. <a class="br-link" href="{}">Undo</a>',
                told(done.orders, "order has", "orders have"),
                f"the {FIELDS[field][0]} {FIELDS[field][1][value]}",
                url,
            ))  # fmt: skip
        else:
            messages.info(request, "Nothing had to be changed.")
        return None

    def _preview(
        self, request: HttpRequest, orders: QuerySet[Order], field: str, bulk: Bulk
    ) -> HttpResponse:
        name, labels = FIELDS[field]
        counts = orders.order_by().values_list(field).annotate(Count("pk"))
        now: dict[Any, int] = dict(counts)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Set the {name} of {told(bulk.count, 'order', 'orders')}",
            "bulk": bulk,
            "name": name,
            "options": [
                (value, label, now.get(value, 0), bulk.count - now.get(value, 0))
                for value, label in labels.items()
            ],
            "shown": orders.prefetch_related("items")[:SHOWN],
            "more": max(0, bulk.count - SHOWN),
            "is_unchosen": bulk.is_confirmed,
        }
        return TemplateResponse(request, "admin/backroom/orders_change.html", context)

    def undo_view(self, request: HttpRequest, field: str, change: UUID) -> HttpResponse:
        """Ask whether a change is to be taken back, and do so."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if field not in FIELDS:
            raise Http404
        back = reverse("admin:orders_order_changelist")
        if request.method == "POST":
            count = undo_change(change=change, field=field, by=staff_of(request))
            messages.success(request, f"Undone for {told(count, 'order', 'orders')}.")
            return HttpResponseRedirect(back)
        count = count_undoable(change=change, field=field)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Undo the change of the {FIELDS[field][0]}",
            "is_possible": count > 0,
            "what": f"{told(count, 'order gets', 'orders get')} back the {FIELDS[field][0]} from"
            " before. What somebody has changed since stays, and whoever was told of the"
            " change already is not told otherwise.",
            "back": back,
        }
        return TemplateResponse(request, "admin/backroom/undo.html", context)

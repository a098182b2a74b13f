from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeNumericFilter
from unfold.decorators import display

from apps.accounts.staff import staff_of
from apps.jobs.wording import moment
from apps.orders.admin.bulk_changes import BulkChanges
from apps.orders.admin.export import COLUMNS, rows_of
from apps.orders.admin.filters import CustomerFilter, DueFilter, ItemFilter, SoldFilter
from apps.orders.admin.order_form import OrderForm
from apps.orders.admin.order_list import OrderList
from apps.orders.admin.sales_page import SalesPage
from apps.orders.admin.wording import due_chip, state_chip
from apps.orders.digest.reminders import reminders_of
from apps.orders.models import Order, OrderItem
from apps.orders.panels import panels_of
from apps.orders.sheets import sheet_answer
from apps.orders.story import story_of


class OrderItemInline(TabularInline):  # type: ignore[misc]
    """The lines as agreed; they are changed where the catalogue can be asked, in the client."""

    model = OrderItem
    fields = ("name", "price", "quantity", "line_total", "customization_request", "item")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def has_add_permission(self, _request: HttpRequest, _order: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _order: Any = None) -> bool:
        return False

    @display(description="Together")
    def line_total(self, line: OrderItem) -> str:
        return f"{line.price * line.quantity:.2f}"


@admin.register(Order)
class OrderAdmin(BulkChanges, SalesPage):
    """Orders: what is due, what is paid, where it is, and who changed it."""

    form = OrderForm
    inlines = (OrderItemInline,)
    list_before_template = "admin/backroom/orders_above.html"
    change_form_outer_before_template = "admin/backroom/order_head.html"
    change_form_outer_after_template = "admin/backroom/order_timeline.html"
    list_display = (
        "code",
        "shown_customer",
        "shown_status",
        "shown_due",
        "shown_total",
        "shown_payment",
        "shown_delivery",
        "shown_confirmation",
        "priority",
        "shown_sold",
    )
    list_filter = (
        DueFilter,
        "status",
        "payment_status",
        "confirmation_status",
        "delivery_status",
        "order_from",
        "priority",
        SoldFilter,
        ("total_price", RangeNumericFilter),
        CustomerFilter,
        ItemFilter,
    )
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("code", "customer_name", "customer_id", "tracking_id")
    search_help_text = "Code, customer or tracking id"
    ordering = ("-created_at", "-id")
    actions = ("change_status", "change_delivery_status", "change_priority")
    readonly_fields = ("code", "total_price", "created_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("code", "created_at"),
                    ("customer_name", "customer_id"),
                    "order_from",
                    "order_date",
                    "address",
                    "customer_notes",
                    "shown_version",
                )
            },
        ),
        ("Progress", {"fields": (("status", "confirmation_status"), "priority")}),
        ("Payment", {"fields": (("total_price", "paid_amount"), "payment_status")}),
        (
            "Delivery",
            {
                "fields": (
                    "delivery_status",
                    "expected_delivery_date",
                    "actual_delivery_date",
                    ("delivery_partner", "tracking_id"),
                )
            },
        ),
    )

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _order: Order | None = None) -> bool:
        return False

    def get_changelist(self, _request: HttpRequest, **_kwargs: Any) -> type[OrderList]:
        return OrderList

    def save_model(self, request: HttpRequest, order: Order, form: Any, change: bool) -> None:
        form.store(staff_of(request))

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        own = path("export.<str:kind>", export, name="orders_order_export")
        return [own, *super().get_urls()]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Send the orders that the list shows with this query string, all pages of them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in ("csv", "xlsx"):
            raise Http404
        try:
            rows = rows_of(self._listed(request))
        except IncorrectLookupParameters:  # the list says what it thinks of them
            url = reverse("admin:orders_order_changelist")
            return HttpResponseRedirect(f"{url}?{request.GET.urlencode()}")
        return sheet_answer(kind, "Orders", COLUMNS, rows)

    def _listed(self, request: HttpRequest) -> QuerySet[Order]:
        orders: QuerySet[Order] = self.get_changelist_instance(request).get_queryset(request)
        return orders

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        shown = (
            {
                "chapters": story_of(order),
                "chips": [
                    (name, getattr(self, f"shown_{name.lower()}")(order))
                    for name in ("Status", "Payment", "Confirmation", "Delivery")
                ],
                "due": self.shown_due(order),
                "reminders": reminders_of(order),
                "panels": panels_of(request, order),
            }
            if order
            else {}
        )
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**shown, **(extra_context or {})}
        )
        return answer

    @display(description="Customer", ordering="customer_name")
    def shown_customer(self, order: Order) -> SafeString:
        return format_html(
            '<span class="br-short">{}</span><span class="br-under">{}</span>',
            order.customer_name,
            order.customer_id,
        )

    @display(description="Status", ordering="status")
    def shown_status(self, order: Order) -> SafeString:
        return state_chip(order.status, order.get_status_display())

    @display(description="Payment", ordering="payment_status")
    def shown_payment(self, order: Order) -> SafeString:
        return state_chip(order.payment_status, order.get_payment_status_display())

    @display(description="Confirmation", ordering="confirmation_status")
    def shown_confirmation(self, order: Order) -> SafeString:
        return state_chip(order.confirmation_status, order.get_confirmation_status_display())

    @display(description="Delivery", ordering="delivery_status")
    def shown_delivery(self, order: Order) -> SafeString:
        return state_chip(order.delivery_status, order.get_delivery_status_display())

    @display(description="Total", ordering="total_price")
    def shown_total(self, order: Order) -> SafeString:
        return format_html('<span class="br-number">{}</span>', f"{order.total_price:,.2f}")

    @display(description="Expected", ordering="expected_delivery_date")
    def shown_due(self, order: Order) -> SafeString | str:
        return due_chip(order, timezone.now())

    @display(description="Sold", ordering=SoldFilter.moment)
    def shown_sold(self, order: Order) -> SafeString:
        return moment(order.order_date or order.created_at)

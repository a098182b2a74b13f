from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.core.times import iso
from apps.orders.models import Order
from apps.orders.services.update_order import (
    AFTER_LINES,
    BEFORE_LINES,
    read_changes,
    update_order,
)

SHORT_TEXTS = ("customer_name", "customer_id", "tracking_id", "delivery_partner")
LONG_TEXTS = ("address", "customer_notes")
JSON_NAME = {column: name for name, (column, _) in {**BEFORE_LINES, **AFTER_LINES}.items()}


class OrderForm(forms.ModelForm):  # type: ignore[type-arg]
    """An order's fields; it remembers which version the page has shown."""

    shown_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Order
        fields = (
            "order_from",
            "customer_name",
            "customer_id",
            "address",
            "status",
            "payment_status",
            "paid_amount",
            "confirmation_status",
            "customer_notes",
            "priority",
            "order_date",
            "expected_delivery_date",
            "delivery_status",
            "tracking_id",
            "delivery_partner",
            "actual_delivery_date",
        )
        widgets = {name: UnfoldAdminTextInputWidget() for name in SHORT_TEXTS} | {
            name: UnfoldAdminTextareaWidget({"rows": 3}) for name in LONG_TEXTS
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "shown_version" in self.fields:  # a viewer's page has no fields
            self.fields["shown_version"].initial = self.instance.version

    def clean(self) -> dict[str, Any] | None:
        """Ask the service; it locks the order, and the admin's transaction keeps it locked."""
        cleaned = super().clean()
        if not self.errors:
            try:
                read_changes(**self._request())
            except DomainError as error:
                raise forms.ValidationError(str(error), code=error.code) from None
        return cleaned

    def store(self, by: User) -> None:
        """Change what was changed on the page the way the API would, so that all hear of it."""
        update_order(**self._request(), by=by)

    def _request(self) -> dict[str, Any]:
        names = [name for name in self.changed_data if name in JSON_NAME]
        return {
            "order_id": self.instance.pk,
            "sent": {JSON_NAME[name]: _as_sent(self.cleaned_data[name]) for name in names},
            "version": self.cleaned_data.get("shown_version"),
        }


def _as_sent(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return str(value) if isinstance(value, Decimal) else value

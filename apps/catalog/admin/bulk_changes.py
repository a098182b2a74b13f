from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action

from apps.accounts.history import recorded_as
from apps.accounts.staff import staff_of
from apps.catalog.admin import undoing
from apps.catalog.models import Item
from apps.catalog.prices import STEPS, changed_price
from apps.catalog.services.delete_item import delete_item
from apps.catalog.services.remove_image import remove_image
from apps.catalog.services.restore_item import restore_item
from apps.catalog.services.set_prices import set_prices
from apps.core.bulk import Bulk, told
from apps.core.errors import DomainError

SHOWN = 20
MOST_ITEMS = 5_000


class PriceForm(forms.Form):
    """By how much prices change."""

    percent = forms.DecimalField(
        min_value=-90, max_value=1000, decimal_places=2, label="Change by percent",
        help_text="10 makes 100.00 to 110.00; -10 makes it to 90.00.",
        widget=forms.NumberInput({"class": "br-input br-narrow", "step": "0.01"}),
    )  # fmt: skip
    step = forms.TypedChoiceField(
        choices=[(str(step), str(step)) for step in STEPS], coerce=Decimal, label="Round to",
        initial="0.01", widget=forms.Select({"class": "br-input br-narrow"}),
    )  # fmt: skip


class BulkChanges(ModelAdmin):  # type: ignore[misc]
    """Changes of many items: undone by a link, and looked at before where that is impossible."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.undo_view)
        return [path("undo/<str:token>", view, name="catalog_item_undo"), *super().get_urls()]

    @action(description="Delete from the catalogue", permissions=["change"])
    def delete_items(self, request: HttpRequest, items: QuerySet[Item]) -> None:
        now = timezone.now()
        done = self._each(
            request, items.filter(deleted_at=None), lambda item: delete_item(item=item, now=now)
        )
        self._tell(request, "Deleted", done, undoing.of_deletion(now))

    @action(description="Restore to the catalogue", permissions=["change"])
    def restore_items(self, request: HttpRequest, items: QuerySet[Item]) -> None:
        gone = items.filter(deleted_at__isnull=False)
        done = self._each(request, gone, lambda item: restore_item(item=item))
        self._tell(request, "Restored", done, undoing.of_restoring(done))

    @action(description="Remove the pictures of deleted items for good…", permissions=["change"])
    def remove_images(self, request: HttpRequest, items: QuerySet[Item]) -> Any:
        bulk = Bulk(request, items.count())
        if not bulk.is_confirmed:
            return self._page(request, "items_remove_images.html", bulk, {
                "title": f"Remove the pictures of {told(bulk.count, 'item', 'items')}",
                "sold": items.filter(deleted_at=None).count(),
                "shown": items[:SHOWN],
            })  # fmt: skip
        done = self._each(request, items, lambda item: remove_image(item=item))
        self._tell(request, "Removed the pictures of", done, "")
        return None

    @action(description="Change the prices…", permissions=["change"])
    def change_prices(self, request: HttpRequest, items: QuerySet[Item]) -> Any:
        bulk = Bulk(request, items.count())
        if bulk.count > MOST_ITEMS:
            messages.error(request, f"At most {MOST_ITEMS:,} prices can be changed at once.")
            return None
        form = PriceForm(request.POST if "percent" in request.POST else None)
        prices = _prices(form, items) if form.is_valid() else {}
        if prices and bulk.is_confirmed:
            done = set_prices(prices=prices)
            token = undoing.of_prices({key: prices[key] for key in done})
            self._tell(request, "Changed the prices of", done, token)
            return None
        return self._page(request, "items_prices.html", bulk, {
            "title": f"Change the prices of {told(bulk.count, 'item', 'items')}",
            "form": form,
            "is_computed": form.is_bound and form.is_valid(),
            "lines": [(item, *prices[item.pk]) for item in items[:SHOWN] if item.pk in prices],
            "moving": sum(before != after for before, after in prices.values()),
        })  # fmt: skip

    def undo_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask whether an action is to be taken back, and do so."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        back = reverse("admin:catalog_item_changelist")
        try:
            done, _ = undoing.read(token)
            if request.method == "POST":
                with recorded_as(staff_of(request)):
                    count = undoing.undo(token)
                messages.success(request, f"Undone for {told(count, 'item', 'items')}.")
                return HttpResponseRedirect(back)
        except DomainError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": "Undo",
            "is_possible": True,
            "what": f"What was {done} becomes as it was before, but for what has changed since.",
            "back": back,
        }
        return TemplateResponse(request, "admin/backroom/undo.html", context)

    def _page(
        self, request: HttpRequest, template: str, bulk: Bulk, context: dict[str, Any]
    ) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "bulk": bulk}
        common["more"] = max(0, bulk.count - SHOWN)
        return TemplateResponse(request, f"admin/backroom/{template}", common | context)

    def _each(
        self, request: HttpRequest, items: Iterable[Item], act: Callable[[Item], object]
    ) -> list[int]:
        """Do it to each item; what cannot be done to one is said, and the others go on."""
        done = []
        refused: dict[str, list[str]] = {}
        for item in list(items):
            try:
                act(item)
                done.append(item.pk)
            except DomainError as error:
                refused.setdefault(str(error), []).append(str(item))
        for reason, names in refused.items():
            shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if names[5:] else "")
            self.message_user(request, f"{shown}: {reason}", messages.WARNING)
        return done

    def _tell(self, request: HttpRequest, did: str, done: list[int], token: str) -> None:
        if not done:
            self.message_user(request, "Nothing had to be changed.", messages.INFO)
            return
        text = f"{did} {told(len(done), 'item', 'items')}."
        if token:
            url = reverse("admin:catalog_item_undo", args=[token])
            text = format_html('{} <a class="br-link" href="{}">Undo</a>', text, url)
        self.message_user(request, text, messages.SUCCESS)


def _prices(form: PriceForm, items: QuerySet[Item]) -> dict[int, tuple[Decimal, Decimal]]:
    asked = form.cleaned_data
    return {
        key: (price, changed_price(price, percent=asked["percent"], step=asked["step"]))
        for key, price in items.order_by().values_list("pk", "price")
    }

from typing import Any

from django.contrib import messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from apps.core.errors import DomainError
from apps.feedback.admin.told_form import ToldForm


class OrderChoices(AutocompleteJsonView):
    """Orders that can have feedback, found by code or customer, and shown by both."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """Name the customer, too: staff have a name on the phone and no code."""
        found = super().serialize_result(obj, to_field_name)
        return found | {"text": f"{obj.code}, {obj.customer_name}"}


class ToldPage(ModelAdmin):  # type: ignore[misc]
    """Staff write down what they were told: `feedback/feedback/add`."""

    autocomplete_fields = ("order",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(OrderChoices.as_view(admin_site=self.admin_site))
        return [path("orders", view, name="feedback_feedback_orders"), *super().get_urls()]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        """Ask for all of it where it is written down, and only for a reply afterwards."""
        if obj is None:
            kwargs["form"] = ToldForm
        form: type[Any] = super().get_form(request, obj, change=change, **kwargs)
        if "order" in form.base_fields:
            order = form.base_fields["order"].widget
            # Orders are made and changed on their own pages.
            order.can_change_related = order.can_view_related = False
            order.widget.url_name = "%s:feedback_feedback_orders"
        return form

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            answer: HttpResponse = super().add_view(request, form_url, extra_context)
        except DomainError as error:  # the customer was faster, this moment
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:feedback_feedback_changelist"))
        return answer

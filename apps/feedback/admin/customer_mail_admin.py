from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.feedback.admin.wording import mail_chip
from apps.feedback.models import CustomerMail, MailOptOut
from apps.jobs.wording import moment


@admin.register(CustomerMail)
class CustomerMailAdmin(ModelAdmin):  # type: ignore[misc]
    """Invitations and reminders, and what became of each; looked at only."""

    list_display = ("order", "kind", "email", "shown_state", "shown_created", "reason")
    list_filter = ("kind", "state")
    list_select_related = ("order",)
    search_fields = ("order__code", "email")
    ordering = ("-created_at", "-id")
    show_full_result_count = False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _mail: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _mail: Any = None) -> bool:
        return False

    @display(description="State", ordering="state")
    def shown_state(self, mail: CustomerMail) -> SafeString:
        return mail_chip(mail)

    @display(description="Made", ordering="created_at")
    def shown_created(self, mail: CustomerMail) -> SafeString:
        return moment(mail.created_at)


@admin.register(MailOptOut)
class MailOptOutAdmin(ModelAdmin):  # type: ignore[misc]
    """Addresses that want no more mails; a wish of a customer is not taken back here."""

    list_display = ("email", "created_at")
    search_fields = ("email",)
    ordering = ("-created_at",)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _opt_out: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _opt_out: Any = None) -> bool:
        return False

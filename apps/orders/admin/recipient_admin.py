from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.jobs.wording import moment
from apps.orders.admin.wording import mail_chip
from apps.orders.models import NotificationRecipient
from apps.orders.services.send_test_digest import request_test_digest
from apps.orders.status import MailState


class SwitchForm(forms.ModelForm):  # type: ignore[type-arg]
    """The switch in a line of the list; its name says whose it is."""

    class Meta:
        model = NotificationRecipient
        fields = ("enabled",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        switch = self.fields["enabled"]
        switch.help_text = ""
        switch.widget.attrs["aria-label"] = f"{self.instance} gets the digest"


@admin.register(NotificationRecipient)
class NotificationRecipientAdmin(ModelAdmin):  # type: ignore[misc]
    """Who gets the daily digest, switched on and off in the list."""

    list_display = ("email", "enabled", "last_mail", "test_mail", "test_error")
    list_editable = ("enabled",)
    list_filter = ("enabled",)
    search_fields = ("email",)
    fields = ("email", "enabled")
    ordering = ("email",)
    actions = ("send_test",)
    actions_submit_line = ("save_and_send_test",)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        """Name each switch for those who cannot see which line it is in."""
        form: type[Any] = super().get_changelist_form(request, **kwargs | {"form": SwitchForm})
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotificationRecipient]:
        recipients: QuerySet[NotificationRecipient] = super().get_queryset(request)
        return recipients.prefetch_related("mails")

    @display(description="Last mail")
    def last_mail(self, recipient: NotificationRecipient) -> SafeString | str:
        sent = [mail.sent_at for mail in recipient.mails.all() if mail.sent_at]
        return moment(max(sent)) if sent else "-"

    @display(description="Test mail", ordering="test_tried_at")
    def test_mail(self, recipient: NotificationRecipient) -> SafeString | str:
        if not recipient.test_state:
            return "-"
        shown = mail_chip(MailState(recipient.test_state))
        tried_at = recipient.test_tried_at
        return format_html("{} {}", shown, moment(tried_at)) if tried_at else shown

    @admin.action(description="Send a test mail", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[NotificationRecipient]) -> None:
        for recipient in queryset:
            self._send_test(request, recipient)

    @action(description="Save and send a test mail", permissions=["change"])
    def save_and_send_test(self, request: HttpRequest, recipient: NotificationRecipient) -> None:
        self._send_test(request, recipient)

    def _send_test(self, request: HttpRequest, recipient: NotificationRecipient) -> None:
        request_test_digest(recipient=recipient)
        told = f"A test mail to {recipient} is on its way; the list shows what becomes of it."
        self.message_user(request, told)

    def has_save_and_send_test_permission(self, request: HttpRequest, _pk: Any = None) -> bool:
        return bool(self.has_change_permission(request))

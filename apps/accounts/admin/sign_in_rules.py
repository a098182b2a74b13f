from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.accounts.forms import SignInRuleForm
from apps.accounts.models import SignInRule
from apps.accounts.staff import staff_of


@admin.register(SignInRule)
class SignInRuleAdmin(ModelAdmin):  # type: ignore[misc]
    """Who may come in with a Google account without having been made a user first."""

    form = SignInRuleForm
    list_display = ("address", "role", "is_staff", "note", "added_by", "created_at")
    list_filter = ("role", "is_staff")
    list_select_related = ("added_by",)
    search_fields = ("address", "note")
    readonly_fields = ("added_by", "created_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.form.Meta.fields, *(self.readonly_fields if obj else ())]

    def save_model(self, request: HttpRequest, rule: SignInRule, form: Any, change: bool) -> None:
        if not change:
            rule.added_by = staff_of(request)
        super().save_model(request, rule, form, change)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if not settings.GOOGLE_SIGN_IN:
            messages.info(request, "Signing in with Google is switched off: see GOOGLE_CLIENT_ID.")
        return super().changelist_view(request, extra_context)

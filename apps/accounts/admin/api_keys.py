from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.accounts.forms import NewApiKeyForm
from apps.accounts.models import ApiKey
from apps.accounts.services.revoke_api_key import revoke_api_key


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]
    """Keys of machines: made here, shown once, revoked here; only their rate may change."""

    add_form = NewApiKeyForm
    list_display = ("name", "shown_prefix", "owner", "state", "last_used_at", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "owner__role")
    list_select_related = ("owner",)
    search_fields = ("name", "prefix", "owner__username")
    autocomplete_fields = ("owner",)
    actions = ("revoke",)
    fields = (
        "name",
        "shown_prefix",
        "owner",
        "scopes",
        "calls_per_minute",
        "state",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    )

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if not change:
            kwargs |= {"form": self.add_form, "fields": self.add_form.Meta.fields}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else self.add_form.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for name in self.fields if name != "calls_per_minute"] if obj else ()

    def has_delete_permission(self, _request: HttpRequest, _key: ApiKey | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_apikey"))

    def save_model(self, request: HttpRequest, key: ApiKey, form: Any, change: bool) -> None:
        """Show the secret of a new key, which its form has stored already."""
        if change:
            key.save(update_fields=["calls_per_minute"])
            return
        text = format_html("The key, which is shown only now: {}", form.plaintext)
        self.message_user(request, text, messages.WARNING)

    @display(description="Key", ordering="prefix")
    def shown_prefix(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @display(
        description="State", label={"valid": "success", "expired": "warning", "revoked": "danger"}
    )
    def state(self, key: ApiKey) -> str:
        return key.state_at(timezone.now())

    @action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        revoked = sum(revoke_api_key(key=key, now=timezone.now()) for key in keys)
        self.message_user(request, f"Revoked {revoked} of {len(keys)} keys.", messages.SUCCESS)

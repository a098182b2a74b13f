from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.accounts.forms import NewApiKeyForm
from apps.accounts.login_lock import unlock
from apps.accounts.models import ApiKey, Role, User
from apps.accounts.services.end_login import end_all_logins
from apps.accounts.services.revoke_api_key import revoke_api_key

admin.site.unregister(Group)  # roles make and fill the groups


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """People and the owners of machines; the role decides what they may do."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "email", "role_badge", "active", "staff", "last_login")
    list_filter = ("role", "is_active", "is_staff")
    search_fields = ("username", "email", "first_name", "last_name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    actions = ("unlock_login", "sign_out")
    fieldsets = (
        (None, {"fields": ("username", "password", "role")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "role", "is_staff", "usable_password")}),
        ("Password", {"fields": ("password1", "password2")}),
    )

    @display(description="Name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "-"

    @display(
        description="Role",
        ordering="role",
        label={
            Role.VIEWER.label: "info",
            Role.OPERATOR.label: "success",
            Role.ADMIN.label: "warning",
        },
    )
    def role_badge(self, user: User) -> str:
        return Role(user.role).label

    @display(description="Active", boolean=True, ordering="is_active")
    def active(self, user: User) -> bool:
        return user.is_active

    @display(description="Staff", boolean=True, ordering="is_staff")
    def staff(self, user: User) -> bool:
        return user.is_staff

    @action(description="Lift the lock after failed logins", permissions=["change"])
    def unlock_login(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            unlock(user)
        self.message_user(request, f"Unlocked: {_names(users)}.", messages.SUCCESS)

    @action(description="Sign out of the API everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            end_all_logins(user=user, now=timezone.now())
        self.message_user(request, f"Signed out: {_names(users)}.", messages.SUCCESS)


def _names(users: QuerySet[User]) -> str:
    return ", ".join(user.username for user in users)


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

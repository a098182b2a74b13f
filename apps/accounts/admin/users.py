from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from apps.accounts.forms import PersonForm
from apps.accounts.history import recorded_as
from apps.accounts.login_lock import unlock
from apps.accounts.models import Role, User
from apps.accounts.services.change_role import LastAdmin, keep_an_admin
from apps.accounts.services.end_login import end_all_logins
from apps.accounts.staff import staff_of
from apps.accounts.story import story_of


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """People and the owners of machines; the role decides what they may do."""

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = (
        "username",
        "full_name",
        "email",
        "role_badge",
        "google",
        "active",
        "staff",
        "last_login",
    )
    list_filter = ("role", "is_active", "is_staff", ("google_id", admin.EmptyFieldListFilter))
    search_fields = ("username", "email", "first_name", "last_name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "timeline")
    actions = ("unlock_login", "sign_out")
    fieldsets = (
        (None, {"fields": ("username", "password", "role")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "last_login", "date_joined")}),
        ("Google", {"fields": ("google_id",)}),
        ("History of access", {"fields": ("timeline",)}),
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

    @display(description="Google", boolean=True, ordering="google_id")
    def google(self, user: User) -> bool:
        return user.google_id is not None

    @display(description="Changes")
    def timeline(self, user: User) -> SafeString:
        return render_to_string("admin/backroom/order_timeline.html", {"chapters": story_of(user)})

    def save_model(self, request: HttpRequest, user: User, form: Any, change: bool) -> None:
        with recorded_as(staff_of(request)):
            super().save_model(request, user, form, change)

    def delete_model(self, request: HttpRequest, user: User) -> None:
        with recorded_as(staff_of(request)):
            super().delete_model(request, user)

    def delete_queryset(self, request: HttpRequest, users: QuerySet[User]) -> None:
        with recorded_as(staff_of(request)):
            super().delete_queryset(request, users)

    def get_deleted_objects(self, users: Any, request: HttpRequest) -> Any:
        """Protect the last administrator, also from being ticked together with all others."""
        found, counts, forbidden, protected = super().get_deleted_objects(users, request)
        try:
            with transaction.atomic():
                keep_an_admin(without=[user.pk for user in users])
        except LastAdmin as refusal:
            protected = [*protected, str(refusal)]
        return found, counts, forbidden, protected

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

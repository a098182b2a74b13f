"""Work on its way to the workers; staff look, and send again what was set aside."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.core.models import OutboxMessage
from apps.core.outbox import run_again


class StateFilter(admin.SimpleListFilter):
    """What a message is waiting for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("aside", "Set aside"), ("claimed", "Claimed"), ("waiting", "Waiting")]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[OutboxMessage]
    ) -> QuerySet[OutboxMessage]:
        match self.value():
            case "aside":
                return queryset.filter(failed_at__isnull=False)
            case "claimed":
                return queryset.filter(failed_at=None, claimed_at__isnull=False)
            case "waiting":
                return queryset.filter(failed_at=None, claimed_at=None)
            case _:
                return queryset


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("id", "task", "due_at", "publications", "claimed_at", "failures", "failed_at")
    list_filter = (StateFilter, "task")
    search_fields = ("=request_id", "error")
    ordering = ("-id",)
    actions = ("run_again",)
    show_full_result_count = False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let the list's action through; a single message is only looked at."""
        return obj is None and super().has_change_permission(request)

    @admin.action(description="Run again what was set aside", permissions=["change"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        count = run_again(queryset)
        if count:
            self.message_user(request, f"{count} will run again.", messages.SUCCESS)
        else:
            self.message_user(request, "None of these was set aside.", messages.WARNING)

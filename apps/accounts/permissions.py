"""Deny by default: a role for every method, and a scope where the caller is a key."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.accounts.models import ApiKey, Role, User
from apps.accounts.wording import missing_token


class HasRole(BasePermission):
    """
    Ask for a viewer to read and an operator to write, unless the view names other roles.

    A view may set `roles = {"POST": Role.ADMIN}` by method, and `scope = "batches"`.
    """

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not isinstance(user, User):
            raise missing_token(request)
        default = Role.VIEWER if request.method in SAFE_METHODS else Role.OPERATOR
        role = getattr(view, "roles", {}).get(request.method, default)
        return user.may_act_as(role) and _in_scope(request, view)


class AdminOnly(HasRole):
    """Ask for an administrator, in the words that the desk's clients know."""

    message = "Forbidden: Admin access required"

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        allowed = super().has_permission(request, view)
        return allowed and isinstance(user, User) and user.may_act_as(Role.ADMIN)


def _in_scope(request: Request, view: Any) -> bool:
    """Let a key without scopes do what its owner may; one with scopes only what they name."""
    key = request.auth
    if not isinstance(key, ApiKey) or not key.scopes:
        return True
    access = "read" if request.method in SAFE_METHODS else "write"
    return f"{getattr(view, 'scope', 'other')}:{access}" in key.scopes

from collections.abc import Collection
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.history import recorded_as
from apps.accounts.models import Role, User
from apps.core.errors import Forbidden, Missing, Refused
from apps.core.locking import lock, wait_alone

log = structlog.get_logger(__name__)


class UserNotFound(Missing):
    """User not found"""


class OwnPrivileges(Refused):
    """Cannot remove your own admin privileges"""

    code = "own_privileges"


class LastAdmin(Refused):
    """This is the last administrator; make somebody else one first."""

    code = "last_admin"


class NoLongerAdmin(Forbidden):
    """Forbidden: Admin access required"""


@transaction.atomic
def change_role(*, user: User, role: Role, by: User) -> User:
    """
    Give the user another role.

    :raises OwnPrivileges: if administrators would take their own away
    :raises NoLongerAdmin: if another administrator was quicker with the one who asks
    :raises LastAdmin: if nobody would be left
    """
    _one_change_of_admins_at_a_time()
    if user.pk == by.pk and role != Role.ADMIN:
        raise OwnPrivileges
    if not User.objects.acting_admins().filter(pk=by.pk).exists():
        raise NoLongerAdmin
    lock(user)
    if user.role == role:
        return user
    if role != Role.ADMIN:
        keep_an_admin(without=[user.pk])
    before, user.role = user.role, role
    with recorded_as(by):
        user.save()
    log.info("user.role_changed", user=str(user.pk), before=before, after=role, by=str(by.pk))
    return user


def _one_change_of_admins_at_a_time() -> None:
    """Have changes of administrators come one after the other: two at once could remove both."""
    wait_alone("administrators")


def keep_an_admin(*, without: Collection[UUID]) -> None:
    """
    Make sure that an administrator is left when these are none any more.

    :raises LastAdmin: if there is no other who can sign in
    """
    _one_change_of_admins_at_a_time()
    admins = User.objects.acting_admins()
    if admins.filter(pk__in=without).exists() and not admins.exclude(pk__in=without).exists():
        raise LastAdmin

"""What each role may do in the admin: a Django group of the same name."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from apps.accounts.models import Role, User

# Users, keys, tokens and other people's stored answers are the administrator's business.
PRIVATE = ("accounts", "core")
STEERED = {
    "batches": ("batchsession", "batchrun"),
    "catalog": ("item", "design"),
    "feedback": ("feedback", "replytemplate"),
    "jobs": ("job",),
    "orders": ("order", "notificationrecipient", "digestrun"),
    "uploads": ("upload",),
}


def grant_permissions(app_label: str, *, is_ours: bool) -> None:
    """Give the groups their share of an app's permissions; what they have already they keep."""
    permissions = Permission.objects.filter(content_type__app_label=app_label)
    readable = permissions.filter(codename__startswith="view_")
    _group(Role.ADMIN).permissions.add(*permissions)
    if is_ours and app_label not in PRIVATE:
        _group(Role.VIEWER).permissions.add(*readable)
        _group(Role.OPERATOR).permissions.add(*readable, *_steering(permissions, app_label))


def _steering(permissions: QuerySet[Permission], app_label: str) -> QuerySet[Permission]:
    acts = Q(codename__startswith="add_") | Q(codename__startswith="change_")
    return permissions.filter(acts, content_type__model__in=STEERED.get(app_label, ()))


def join_group(user: User) -> None:
    """Put the user into the group of the role, and out of those of the other roles."""
    others = Group.objects.filter(name__in=Role.values).exclude(name=user.role)
    user.groups.remove(*others)
    user.groups.add(_group(Role(user.role)))


def _group(role: Role) -> Group:
    return Group.objects.get_or_create(name=role.value)[0]

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower

from apps.core.cache.noting import noted_columns
from apps.core.ids import new_id


class Role(models.TextChoices):
    """What a person may do; each role may do what the ones before it may."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    ADMIN = "admin", "Admin"

    @property
    def rank(self) -> int:
        """Return 0 for viewers, 1 for operators, 2 for admins."""
        return list(Role).index(self)


class BackroomUserManager(UserManager["User"]):
    """Makes users; a superuser is an admin."""

    def create_superuser(self, *args: Any, **extra: Any) -> "User":
        extra.setdefault("role", Role.ADMIN)
        return super().create_superuser(*args, **extra)


class User(AbstractUser):
    """Whoever signs in: staff, a single-page app's user, or a machine's owner."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)

    objects: ClassVar[BackroomUserManager] = BackroomUserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(is_superuser=False) | models.Q(role="admin"),
                name="user_superuser_is_admin",
            ),
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="user_email_once"
            ),
        ]
        triggers = noted_columns("accounts", "role", "is_active", "email")

    def may_act_as(self, role: Role) -> bool:
        """Return whether this user's role includes the given one."""
        return self.is_active and Role(self.role).rank >= role.rank

from typing import Any, ClassVar

import pghistory
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Lower

from apps.core.cache.noting import noted_columns
from apps.core.ids import new_id

NUMBERS = "accounts_user_number"


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
    """Makes and finds users; a superuser is an admin."""

    def create_superuser(self, *args: Any, **extra: Any) -> "User":
        extra.setdefault("role", Role.ADMIN)
        return super().create_superuser(*args, **extra)

    def acting_admins(self) -> models.QuerySet["User"]:
        """Return the administrators who can sign in."""
        return self.filter(role=Role.ADMIN, is_active=True)


@pghistory.track(
    pghistory.InsertEvent("created"),
    pghistory.UpdateEvent("changed"),
    pghistory.DeleteEvent("deleted"),
    context_field=pghistory.ContextJSONField(),
    append_only=True,
    model_name="UserEvent",
    # Who may do what, and who they are; neither secrets nor the time of each login.
    fields=["username", "email", "google_id", "role", "is_active", "is_staff", "is_superuser"],
    obj_field=pghistory.ObjForeignKey(related_name="events"),
)
class User(AbstractUser):
    """Whoever signs in: staff, a single-page app's user, or a machine's owner."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value(NUMBERS), function="nextval"),
        help_text="How the desk's clients know this user.",
    )
    google_id = models.CharField(
        "Google account",
        max_length=255,
        null=True,
        blank=True,
        unique=True,
        help_text="Google's own number of the account. Empty it to let another account take over.",
    )
    picture = models.TextField(blank=True, default="", editable=False)
    updated_at = models.DateTimeField(auto_now=True)

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
        triggers = noted_columns("accounts", "role", "is_active", "email", "google_id", "username")

    @property
    def full_name(self) -> str:
        """Return the name that people know, or the one to sign in with."""
        return self.get_full_name() or self.username

    def may_act_as(self, role: Role) -> bool:
        """Return whether this user's role includes the given one."""
        return self.is_active and Role(self.role).rank >= role.rank

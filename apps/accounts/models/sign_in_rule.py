from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from apps.accounts.models.user import Role


class SignInRule(models.Model):
    """Somebody who may come in with a Google account: one address, or everybody of a domain."""

    id = models.BigAutoField(primary_key=True)
    address = models.CharField(
        "e-mail address or domain",
        max_length=254,
        unique=True,
        help_text="rosa@shop.example for one person, shop.example for a whole Google Workspace.",
    )
    role = models.CharField(
        max_length=16,
        choices=Role.choices,
        default=Role.VIEWER,
        help_text="What a newcomer may do. People who have signed in before keep their role.",
    )
    is_staff = models.BooleanField(
        "may use the admin", default=False, help_text="Newcomers may sign in to these pages, too."
    )
    note = models.CharField(max_length=200, blank=True, default="")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "allowed Google account"
        ordering = ("address",)
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="sign_in_rule_role_known"
            ),
            models.CheckConstraint(
                condition=Q(address=Lower("address")) & ~Q(address=""),
                name="sign_in_rule_address_lower",
            ),
        ]

    def __str__(self) -> str:
        return self.address

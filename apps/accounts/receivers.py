"""What accounts do when Django announces something."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.login_lock import forgive
from apps.accounts.models import Role, User
from apps.accounts.roles import grant_permissions, join_group
from apps.accounts.services.end_login import end_all_logins
from apps.core.client_address import client_address


@receiver(post_migrate, dispatch_uid="accounts.grant_permissions")
def grant_permissions_of_migrated_app(sender: AppConfig, **_: Any) -> None:
    # Django's own receiver, which makes the permissions, was connected before this one.
    grant_permissions(sender.label, is_ours=sender.name.startswith("apps."))


@receiver(pre_save, sender=User, dispatch_uid="accounts.take_superpowers")
def take_superpowers_from_other_roles(instance: User, raw: bool, **_: Any) -> None:
    if not raw and instance.role != Role.ADMIN:
        instance.is_superuser = False


@receiver(post_save, sender=User, dispatch_uid="accounts.join_group")
def follow_role(instance: User, raw: bool, **_: Any) -> None:
    if not raw:
        join_group(instance)


@receiver(post_save, sender=User, dispatch_uid="accounts.end_logins")
def end_logins_after_new_password(instance: User, created: bool, **_: Any) -> None:
    # Django keeps the raw password there from set_password until the end of save.
    if not created and getattr(instance, "_password", None) is not None:
        end_all_logins(user=instance, now=timezone.now())


@receiver(user_logged_in, dispatch_uid="accounts.forgive")
def forgive_failures(request: HttpRequest, user: User, **_: Any) -> None:
    forgive(user.get_username(), client_address(request))

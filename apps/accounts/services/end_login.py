from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import RefreshToken, User
from apps.core.locking import wait_alone
from apps.core.tokens import digest


def login_alone(family: UUID) -> None:
    """Keep others from continuing or ending this login until we commit."""
    wait_alone(f"login {family}")


@transaction.atomic
def end_login(*, family: UUID, now: datetime) -> None:
    """Revoke every token of the login, also the one that is being issued right now."""
    login_alone(family)
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=now)


def end_login_of_token(*, token: str, now: datetime) -> None:
    """End the login that a refresh token belongs to; an unknown token belongs to none."""
    family = RefreshToken.objects.filter(digest=digest(token)).values_list("family", flat=True)
    for known in family:
        end_login(family=known, now=now)


def end_all_logins(*, user: User, now: datetime) -> None:
    """Sign the user out everywhere, as after a change of password."""
    families = RefreshToken.objects.filter(user=user, revoked_at=None).values_list("family")
    for (family,) in families.distinct():
        end_login(family=family, now=now)

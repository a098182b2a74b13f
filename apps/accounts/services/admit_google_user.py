"""Who comes in with a Google account: people we know, and people who are on the list."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction

from apps.accounts.models import Role, SignInRule, User
from apps.accounts.services.verify_google_token import GoogleIdentity
from apps.core.errors import Forbidden
from apps.core.locking import wait_alone

log = structlog.get_logger(__name__)

LONGEST_USERNAME = 150


class NotAdmitted(Forbidden):
    """Access denied. Admin privileges required."""

    code = "NOT_ADMIN"


@dataclass(frozen=True)
class _Welcome:
    """What the list says about a newcomer, and whether it names this very address."""

    role: Role
    is_staff: bool
    by_name: bool


def admit_google_user(*, identity: GoogleIdentity, now: datetime) -> User:
    """
    Return the user of this Google account; make one for a newcomer who is on the list.

    :raises NotAdmitted: if the account is not known and not on the list, or its user is inactive
    """
    user = User.objects.filter(google_id=identity.subject).first()
    if user is None:
        user = _meet(identity, now)
    if not user.is_active:
        raise _refusal(identity, "inactive")
    return user


@transaction.atomic
def _meet(identity: GoogleIdentity, now: datetime) -> User:
    """Meet the holder of an account that nobody has signed in with so far."""
    if not identity.email_verified or not identity.email:
        raise _refusal(identity, "unverified")
    wait_alone(f"google account {identity.subject}")
    wait_alone(f"google address {identity.email}")
    if met := User.objects.filter(google_id=identity.subject).first():
        return met  # by another request of the same page
    welcome = _welcome(identity)
    known = User.objects.filter(email__iexact=identity.email).first()
    if known is not None:
        return _link(known, identity, welcome)
    if welcome is None:
        raise _refusal(identity, "unknown")
    return _create(identity, welcome, now)


def _link(user: User, identity: GoogleIdentity, welcome: _Welcome | None) -> User:
    """Let a user of ours sign in with the Google account that has the same, proven address."""
    proven = identity.google_vouches or (welcome is not None and welcome.by_name)
    if user.google_id or not proven:
        raise _refusal(identity, "foreign_account")
    user.google_id = identity.subject
    user.picture = identity.picture
    user.save(update_fields=["google_id", "picture", "updated_at"])
    log.info("google.linked", user=str(user.pk))
    return user


def _create(identity: GoogleIdentity, welcome: _Welcome, now: datetime) -> User:
    user = User(
        username=_username(identity),
        email=identity.email,
        google_id=identity.subject,
        picture=identity.picture,
        role=welcome.role,
        is_staff=welcome.is_staff,
        last_login=now,
        **identity.names,
    )
    user.set_unusable_password()
    user.save()
    log.info("google.admitted", user=str(user.pk), role=user.role)
    return user


def _username(identity: GoogleIdentity) -> str:
    email = identity.email
    if len(email) > LONGEST_USERNAME or User.objects.filter(username__iexact=email).exists():
        return f"google-{identity.subject}"[:LONGEST_USERNAME]
    return email


def _welcome(identity: GoogleIdentity) -> _Welcome | None:
    """
    Return what the list has for a newcomer; the own address comes before the domain's.

    A domain counts only where Google hosts it: anybody can open a consumer account under a
    company's address, and keep it when leaving the company.
    """
    addresses = [identity.email, *([identity.hosted_domain] if identity.hosted_domain else [])]
    rules = {rule.address: rule for rule in SignInRule.objects.filter(address__in=addresses)}
    for address in addresses:
        by_name = address == identity.email
        if rule := rules.get(address):
            return _Welcome(Role(rule.role), rule.is_staff, by_name)
        named = settings.GOOGLE_ALLOWED_EMAILS if by_name else settings.GOOGLE_ALLOWED_DOMAINS
        if address in named:
            return _Welcome(Role(settings.GOOGLE_NEW_USER_ROLE), False, by_name)
    return None


def _refusal(identity: GoogleIdentity, reason: str) -> NotAdmitted:
    log.warning("google.refused", reason=reason, domain=identity.email.rpartition("@")[2])
    return NotAdmitted()

from datetime import datetime

from django.contrib.sessions.models import Session

from apps.accounts.models import RefreshToken


def forget_expired_logins(*, now: datetime) -> int:
    """
    Delete refresh tokens and staff sessions that have expired; return how many.

    A used token stays until then, so that its second use is noticed.
    """
    tokens, _ = RefreshToken.objects.filter(expires_at__lt=now).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    return tokens + sessions

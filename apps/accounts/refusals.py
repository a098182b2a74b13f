"""Why signing in with Google did not work, in words for the person in front of the browser."""

import structlog
from social_core.exceptions import (
    AuthCanceled,
    AuthInputError,
    AuthProviderError,
    AuthSessionError,
    SocialAuthBaseException,
)

from apps.accounts.services.admit_google_user import NotAdmitted
from apps.accounts.services.verify_google_token import InvalidGoogleToken
from apps.core.errors import DomainError

log = structlog.get_logger(__name__)

TRY_AGAIN = "Please try again."
_WORDS: list[tuple[type[Exception], str]] = [
    (AuthCanceled, "You have cancelled signing in with Google."),
    (AuthInputError, f"This page was not opened by signing in with Google. {TRY_AGAIN}"),
    (AuthSessionError, f"Signing in took too long, or began in another browser. {TRY_AGAIN}"),
    (AuthProviderError, "Google cannot be reached at the moment. Try again, or use a password."),
    (SocialAuthBaseException, f"Google's answer could not be understood. {TRY_AGAIN}"),
    (InvalidGoogleToken, f"Google's answer could not be verified. {TRY_AGAIN}"),
    (NotAdmitted, "This Google account is not known here. Ask an administrator to let it in."),
]


def kind_words(refusal: Exception) -> str:
    """Return what to tell; our own sentences are kind already."""
    return next((words for kind, words in _WORDS if isinstance(refusal, kind)), str(refusal))


def log_refusal(refusal: SocialAuthBaseException | DomainError) -> None:
    """Note why, without anything that Google or the browser has sent."""
    log.warning("google.staff_refused", code=refusal.code, kind=type(refusal).__name__)

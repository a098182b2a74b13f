"""Staff sign in to the admin with Google: state, PKCE, a nonce and an ID token that is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from social_core.backends.oauth import BaseOAuth2PKCE
from social_core.exceptions import AuthProviderError, AuthResponseError, AuthSessionError
from social_django.strategy import DjangoStrategy

from apps.accounts.google_calls import call_google
from apps.accounts.login_lock import refuse_while_locked
from apps.accounts.services.admit_google_user import admit_google_user
from apps.accounts.services.verify_google_token import GoogleIdentity, verify_google_token
from apps.core.egress import EgressDenied, NetworkFailure
from apps.core.errors import Forbidden


def staff_may_use_google() -> bool:
    """Return whether the settings hold all that it takes."""
    return bool(settings.GOOGLE_SIGN_IN and settings.GOOGLE_CLIENT_SECRET)


class NotStaff(Forbidden):
    """Your account may not use these pages. Ask an administrator."""


class GoogleStaff(BaseOAuth2PKCE[Any]):
    """
    The conversation with Google, every call of which leaves through egress.

    Who somebody is is read from the ID token alone, by the same code that reads the tokens of
    the API; the access token is thrown away.
    """

    name = "google"
    ID_KEY = "sub"
    DEFAULT_SCOPE = ["openid", "email", "profile"]
    REDIRECT_STATE = False
    STATE_LIFETIME = 600

    def get_key_and_secret(self) -> tuple[str, str]:
        return settings.GOOGLE_CLIENT_IDS[0], settings.GOOGLE_CLIENT_SECRET

    def authorization_url(self) -> str:
        return str(settings.GOOGLE_AUTH_URL)

    def access_token_url(self) -> str:
        return str(settings.GOOGLE_TOKEN_URL)

    def auth_params(self, state: str | None = None) -> dict[str, str]:
        """Bind the ID token to this browser, too: a nonce beside the state."""
        params: dict[str, str] = super().auth_params(state)  # type: ignore[no-untyped-call]
        key = self.transaction_key(state or "")
        nonce = self.strategy.random_string(43)
        self.strategy.session_set(key, {**self.strategy.session_get(key), "nonce": nonce})
        return params | {"nonce": nonce, "prompt": "select_account"}

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """
        Return the identity that the ID token proves.

        :raises AuthResponseError: if there is no ID token, or it is of another conversation
        :raises InvalidGoogleToken: if Google has not made it for us
        """
        token = kwargs["response"].get("id_token")
        if not isinstance(token, str):
            raise AuthResponseError(self, code="missing_claim", claim="id_token")
        identity = verify_google_token(token, now=timezone.now())
        expected = (self._oauth2_transaction or {}).get("nonce")
        if not expected or identity.nonce != expected:
            raise AuthSessionError(self, code="nonce_mismatch", stage="token_validation")
        return {"identity": identity}

    def request(  # type: ignore[override]
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, Any] | None = None,
        data: dict[str, str] | None = None,
        **_: Any,
    ) -> "Answer":
        """
        Call Google.

        :raises AuthProviderError: if it does not answer, or with a refusal
        """
        body = urlencode(data).encode() if data else None
        try:
            answer = call_google(url, method=method, headers=headers, body=body)
        except (NetworkFailure, EgressDenied) as error:
            raise AuthProviderError(self, str(error), code="connection_failed") from None
        if answer.status != 200:
            raise AuthProviderError(self, code="http_error", status_code=answer.status)
        return Answer(answer.body)


@dataclass(frozen=True)
class Answer:
    """What social-core wants of an answer."""

    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


def admit_staff(
    backend: GoogleStaff, response: dict[str, Any], *_: Any, **__: Any
) -> dict[str, Any]:
    """
    Return the user whom Google has shown in; the only step of the pipeline.

    :raises NotAdmitted: if the account is not known and not on the list
    :raises NotStaff: if it is, but not for these pages
    :raises LoginLocked: if the name or the address has failed too often with passwords
    """
    identity: GoogleIdentity = response["identity"]
    user = admit_google_user(identity=identity, now=timezone.now())
    if not user.is_staff:
        raise NotStaff
    strategy = cast(DjangoStrategy, backend.strategy)
    refuse_while_locked(cast(HttpRequest, strategy.request), user)
    return {"user": user}

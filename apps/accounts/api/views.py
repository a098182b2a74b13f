from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.serializers import LoginInput, LoginOutput, LogoutInput, RefreshInput
from apps.accounts.authentication import BearerAuthentication
from apps.accounts.models import User
from apps.accounts.services.end_login import end_login, end_login_of_token
from apps.accounts.services.issue_tokens import Tokens
from apps.accounts.services.rotate_refresh_token import InvalidRefreshToken, rotate_refresh_token
from apps.accounts.services.sign_in import InvalidCredentials, sign_in
from apps.accounts.services.verify_google_token import GoogleIdentity

LOGGED_IN = OpenApiExample(
    "Signed in",
    value={
        "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…",
        "refreshToken": "brr_5v2mFhJx…",
        "expiresIn": 900,
        "user": {"username": "ops-desk-1", "role": "operator"},
        "message": "Login successful",
    },
    response_only=True,
)
CREDENTIALS = OpenApiExample(
    "Credentials", value={"username": "ops-desk-1", "password": "…"}, request_only=True
)


def _signed_in(user: User, tokens: Tokens, message: str) -> Response:
    body = {
        "token": tokens.access,
        "refreshToken": tokens.refresh,
        "expiresIn": tokens.expires_in,
        "user": {"username": user.username, "role": user.role},
        "message": message,
    }
    return Response(body, headers={"Cache-Control": "no-store"})


class Login(APIView):
    """Sign in with a password, and get a token for 15 minutes and one to renew it."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="login",
        tags=["Accounts"],
        auth=[],
        request=LoginInput,
        responses={
            200: LoginOutput,
            401: OpenApiResponse(description="Invalid credentials, whatever is wrong with them."),
            429: OpenApiResponse(description="Locked after five failures; see Retry-After."),
        },
        examples=[CREDENTIALS, LOGGED_IN],
    )
    def post(self, request: Request) -> Response:
        form = LoginInput(data=request.data)
        if not form.is_valid():
            raise InvalidCredentials
        plain = request._request  # noqa: SLF001  Django's authenticate wants its own kind
        user, tokens = sign_in(plain, **form.validated_data, now=timezone.now())
        return _signed_in(user, tokens, "Login successful")


class RefreshLogin(APIView):
    """Exchange the refresh token, which works once, for new tokens of the same login."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="refresh_login",
        tags=["Accounts"],
        auth=[],
        request=RefreshInput,
        responses={
            200: LoginOutput,
            401: OpenApiResponse(
                description="Unknown, expired or used; a used one ends the login."
            ),
        },
        examples=[LOGGED_IN],
    )
    def post(self, request: Request) -> Response:
        form = RefreshInput(data=request.data)
        if not form.is_valid():
            raise InvalidRefreshToken
        token = form.validated_data["refreshToken"]
        user, tokens = rotate_refresh_token(token=token, now=timezone.now())
        return _signed_in(user, tokens, "Token refreshed")


class Logout(APIView):
    """
    End a login, with all its tokens.

    The refresh token alone is enough, since the access token may have expired meanwhile.
    """

    authentication_classes = (BearerAuthentication,)
    permission_classes = ()

    def perform_authentication(self, request: Request) -> None:
        """Look at the access token only if there is no refresh token."""

    @extend_schema(
        operation_id="logout",
        tags=["Accounts"],
        request=LogoutInput,
        responses={204: OpenApiResponse(description="The login has ended.")},
    )
    def post(self, request: Request) -> Response:
        form = LogoutInput(data=request.data)
        form.is_valid(raise_exception=True)
        if token := form.validated_data.get("refreshToken"):
            end_login_of_token(token=token, now=timezone.now())
        elif not isinstance(request.auth, GoogleIdentity):  # that login is Google's to end
            end_login(family=_family_of(request), now=timezone.now())
        return Response(status=204)


def _family_of(request: Request) -> UUID:
    claims: Any = request.auth
    if not isinstance(claims, dict):
        raise NotAuthenticated("No token provided")
    return UUID(claims["sid"])

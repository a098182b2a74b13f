from typing import cast

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.people_shapes import (
    CredentialInput,
    GoogleSignInOutput,
    MeOutput,
    signed_in_json,
)
from apps.accounts.models import User
from apps.accounts.services.sign_in_with_google import MissingCredential, sign_in_with_google
from apps.core.api.desk import DeskView, fields_of

MIRA = {
    "id": 1,
    "googleId": "1122",
    "email": "mira@shop.example",
    "name": "Mira",
    "picture": "https://lh3.googleusercontent.com/a/mira",
    "role": "admin",
}
CREDENTIAL = OpenApiExample("Credential", value={"credential": "eyJhbGciOi…"}, request_only=True)
SIGNED_IN = OpenApiExample(
    "Signed in", value={"token": "eyJhbGciOi…", "user": MIRA}, response_only=True
)


class GoogleSignIn(DeskView):
    """
    Sign in with the ID token of Google's button; from then on it is the bearer token.

    `role` is `admin` for our admins and `user` for viewers and operators.
    """

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="sign_in_with_google",
        summary="Sign in with a Google account",
        tags=["Accounts"],
        auth=[],
        request=CredentialInput,
        responses={
            200: GoogleSignInOutput,
            400: OpenApiResponse(description="There is no `credential` in the body."),
            401: OpenApiResponse(description="`INVALID_TOKEN` or `TOKEN_EXPIRED`."),
            403: OpenApiResponse(description="`NOT_ADMIN`: not known here, not on the list."),
            503: OpenApiResponse(description="Google's keys cannot be fetched; see Retry-After."),
        },
        examples=[CREDENTIAL, SIGNED_IN],
    )
    def post(self, request: Request) -> Response:
        credential = fields_of(request).get("credential")
        if not credential or not isinstance(credential, str):
            raise MissingCredential
        plain = request._request  # noqa: SLF001  the signal of a login wants Django's own kind
        user = sign_in_with_google(plain, credential=credential, now=timezone.now())
        body = {"token": credential, "user": signed_in_json(user)}
        return Response(body, headers={"Cache-Control": "no-store"})


class Me(DeskView):
    """Who is signed in."""

    scope = "people"

    @extend_schema(
        operation_id="who_am_i",
        summary="Show who is signed in",
        tags=["Accounts"],
        responses={200: MeOutput},
        examples=[OpenApiExample("Mira", value={"user": MIRA}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        return Response({"user": signed_in_json(cast(User, request.user))})

from typing import cast

from django.db.models import Count, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.google import MIRA
from apps.accounts.api.people_shapes import (
    PeopleStatsOutput,
    PersonOutput,
    RoleInput,
    RoleOutput,
    person_json,
    role_json,
)
from apps.accounts.desk_roles import DESK_ROLES, role_for
from apps.accounts.models import Role, User
from apps.accounts.permissions import AdminOnly
from apps.accounts.services.change_role import OwnPrivileges, UserNotFound, change_role
from apps.core.api.desk import DeskView, fields_of, id_in_path
from apps.core.errors import Refused

TIMES = {
    "lastLogin": "2025-02-01T08:00:00.000Z",
    "createdAt": "2025-01-05T09:30:00.120Z",
    "updatedAt": "2025-02-01T08:00:00.000Z",
}
NUMBER = OpenApiParameter(
    "user_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="The user's number."
)


class UnknownRole(Refused):
    """Raised with the words that the desk's clients know."""


class PeopleView(DeskView):
    """Users are the administrator's business; a key that is confined to something is not enough."""

    scope = "people"
    permission_classes = (AdminOnly,)

    @staticmethod
    def people() -> QuerySet[User]:
        """Return everybody who can sign in."""
        return User.objects.filter(is_active=True)


class People(PeopleView):
    """Everybody who can sign in."""

    @extend_schema(
        operation_id="list_users",
        summary="List the users, the newest first",
        tags=["Accounts"],
        responses={200: PersonOutput(many=True)},
        examples=[OpenApiExample("Mira", value=MIRA | TIMES, response_only=True)],
    )
    def get(self, _request: Request) -> Response:
        people = self.people().order_by("-date_joined", "-number")
        return Response([person_json(user) for user in people])


class PeopleStats(PeopleView):
    """How many users there are."""

    @extend_schema(
        operation_id="count_users",
        summary="Count the users by role",
        tags=["Accounts"],
        responses={200: PeopleStatsOutput},
        examples=[
            OpenApiExample("Two", value={"totalUsers": 2, "adminUsers": 1, "regularUsers": 1})
        ],
    )
    def get(self, _request: Request) -> Response:
        counts = self.people().aggregate(
            totalUsers=Count("pk"),
            adminUsers=Count("pk", filter=Q(role=Role.ADMIN)),
            regularUsers=Count("pk", filter=~Q(role=Role.ADMIN)),
        )
        return Response(counts)


class PersonRole(PeopleView):
    """What a user may do."""

    @extend_schema(
        operation_id="change_user_role",
        summary="Make a user an admin, or an admin a user",
        description=(
            "`admin` is our admin. `user` makes an operator of an admin, and leaves viewers and"
            " operators what they are; those two are told apart in the admin."
        ),
        tags=["Accounts"],
        parameters=[NUMBER],
        request=RoleInput,
        responses={
            200: RoleOutput,
            400: OpenApiResponse(description="An unknown role, or your own admin privileges."),
        },
        examples=[
            OpenApiExample("Promote", value={"role": "admin"}, request_only=True),
            OpenApiExample(
                "Promoted",
                value={
                    "id": 2,
                    "email": "ravi@shop.example",
                    "name": "Ravi",
                    "role": "admin",
                    "updatedAt": "2025-02-01T08:00:00.000Z",
                },
                response_only=True,
            ),
        ],
    )
    def patch(self, request: Request, user_id: str) -> Response:
        asked = fields_of(request).get("role")
        if asked not in DESK_ROLES:
            raise UnknownRole('Invalid role. Must be "admin" or "user"')
        number = id_in_path(user_id, UserNotFound)
        by = cast(User, request.user)
        if number == by.number and asked != "admin":
            raise OwnPrivileges
        user = self.people().filter(number=number).first()
        if user is None:
            raise UserNotFound
        changed = change_role(user=user, role=role_for(asked, user.role), by=by)
        return Response(role_json(changed))

"""Users as the desk's clients know them."""

from typing import Any

from rest_framework import serializers

from apps.accounts.desk_roles import DESK_ROLES, desk_role
from apps.accounts.models import User
from apps.core.times import iso


class CredentialInput(serializers.Serializer[Any]):
    credential = serializers.CharField()


class SignedInPerson(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    googleId = serializers.CharField()
    email = serializers.CharField()
    name = serializers.CharField()
    picture = serializers.CharField()
    role = serializers.ChoiceField(DESK_ROLES)


class MeOutput(serializers.Serializer[Any]):
    user = SignedInPerson()


class GoogleSignInOutput(serializers.Serializer[Any]):
    token = serializers.CharField()
    user = SignedInPerson()


class PersonOutput(SignedInPerson):
    lastLogin = serializers.DateTimeField(allow_null=True)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class PeopleStatsOutput(serializers.Serializer[Any]):
    totalUsers = serializers.IntegerField()
    adminUsers = serializers.IntegerField()
    regularUsers = serializers.IntegerField()


class RoleInput(serializers.Serializer[Any]):
    role = serializers.ChoiceField(DESK_ROLES)


class RoleOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    email = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(DESK_ROLES)
    updatedAt = serializers.DateTimeField()


def signed_in_json(user: User) -> dict[str, Any]:
    """Return who is signed in."""
    return {
        "id": user.number,
        "googleId": user.google_id or "",
        "email": user.email,
        "name": user.full_name,
        "picture": user.picture,
        "role": desk_role(user.role),
    }


def person_json(user: User) -> dict[str, Any]:
    """Return a line of the list of users."""
    return signed_in_json(user) | {
        "lastLogin": iso(user.last_login),
        "createdAt": iso(user.date_joined),
        "updatedAt": iso(user.updated_at),
    }


def role_json(user: User) -> dict[str, Any]:
    """Return what a change of role answers."""
    shown = person_json(user)
    return {name: shown[name] for name in ("id", "email", "name", "role", "updatedAt")}

"""
The two roles that the desk's clients know, and our three.

`admin` is our admin. `user` is everybody else: viewers, who read, and operators, who also write.
"""

from typing import Literal

from apps.accounts.models import Role

DeskRole = Literal["admin", "user"]
DESK_ROLES: tuple[DeskRole, ...] = ("admin", "user")


def desk_role(role: str) -> DeskRole:
    """Return what the desk's clients call this role."""
    return "admin" if role == Role.ADMIN else "user"


def role_for(asked: DeskRole, present: str) -> Role:
    """Return our role: who stops being an admin goes on working; other users keep what they are."""
    if asked == "admin":
        return Role.ADMIN
    return Role.OPERATOR if present == Role.ADMIN else Role(present)

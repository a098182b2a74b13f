import secrets

from django.contrib.auth.password_validation import validate_password

from apps.accounts.models import Role, User


def create_user(
    *,
    username: str,
    role: Role,
    email: str = "",
    is_staff: bool = False,
    password: str | None = None,
) -> tuple[User, str]:
    """
    Return a new user and the password, which is made up unless it is given.

    :raises ValidationError: if the name is taken or malformed, or the password weak
    """
    user = User(username=username, role=role, email=email, is_staff=is_staff)
    if password is None:
        password = secrets.token_urlsafe(18)
    else:
        validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    return user, password

from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.accounts.models import ApiKey, Role, User
from apps.core.tokens import digest, new_token

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory[User]):
    """A viewer who signs in with PASSWORD; `operator`, `admin` and `staff` are traits."""

    class Meta:
        model = User

    class Params:
        viewer = factory.Trait(role=Role.VIEWER)
        operator = factory.Trait(role=Role.OPERATOR)
        admin = factory.Trait(role=Role.ADMIN)
        staff = factory.Trait(is_staff=True)
        inactive = factory.Trait(is_active=False)

    username = factory.Sequence(lambda number: f"desk-{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@shop.example")
    role = Role.VIEWER
    password = factory.django.Password(PASSWORD)


class ApiKeyFactory(DjangoModelFactory[ApiKey]):
    """A key of an operator; its plaintext is in the attribute `token` of what the factory made."""

    class Meta:
        model = ApiKey

    class Params:
        expired = factory.Trait(expires_at=factory.LazyFunction(lambda: _now() - timedelta(days=1)))
        revoked = factory.Trait(revoked_at=factory.LazyFunction(lambda: _now()))

    owner = factory.SubFactory(UserFactory, operator=True)
    name = factory.Sequence(lambda number: f"Till {number}")
    scopes = factory.LazyFunction(list)

    @classmethod
    def _create(cls, model_class: type[ApiKey], *args: Any, **values: Any) -> ApiKey:
        token = values.pop("token", None) or new_token("brk_")
        values |= {"prefix": token[:12], "digest": digest(token)}
        key = super()._create(model_class, *args, **values)
        key.token = token
        return key


def _now() -> datetime:
    return datetime.now(UTC)

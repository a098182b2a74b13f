"""Fixtures that every app's tests share: a client for each kind of caller."""

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from tests.factories.accounts import ApiKeyFactory, UserFactory


class CallerClient(APIClient):
    """A client that calls with an API key of its `user`, through the real authentication."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKeyFactory(owner=user).token}")


@pytest.fixture
def anonymous_api() -> APIClient:
    return APIClient()


@pytest.fixture
def viewer_api(db: None) -> CallerClient:
    return CallerClient(UserFactory(viewer=True))


@pytest.fixture
def operator_api(db: None) -> CallerClient:
    return CallerClient(UserFactory(operator=True))


@pytest.fixture
def admin_api(db: None) -> CallerClient:
    return CallerClient(UserFactory(admin=True))

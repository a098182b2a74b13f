"""Fixtures that every app's tests share: a client for each kind of caller."""

from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services.find_google_key import forget_seen_keys
from apps.accounts.services.verify_google_token import forget_verified_tokens
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.support.google import FakeGoogle, running_google
from tests.support.mail_server import MailServer


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


@pytest.fixture
def mail_server(settings: object) -> Iterator[MailServer]:
    """Have mail leave by SMTP, to a server that keeps it."""
    with MailServer() as server:
        server.serve(settings)
        yield server


@pytest.fixture
def google(settings) -> Iterator[FakeGoogle]:
    """Sign-in with Google, against a Google of our own that this process knows nothing of yet."""
    with running_google() as google:
        for name, value in google.settings.items():
            setattr(settings, name, value)
        forget_process_memory()
        yield google
        forget_process_memory()


def forget_process_memory() -> None:
    forget_seen_keys()
    forget_verified_tokens()

import pytest

from apps.batches.models import BatchSession
from tests.conftest import CallerClient
from tests.factories.accounts import UserFactory
from tests.factories.batches import BatchSessionFactory


@pytest.fixture
def session(operator_api) -> BatchSession:
    return BatchSessionFactory(owner=operator_api.user)


@pytest.fixture
def stranger_api(db) -> CallerClient:
    return CallerClient(UserFactory(operator=True))

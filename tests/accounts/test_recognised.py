"""What a layer in front of Django may believe about a token, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django_redis import get_redis_connection
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.recognised import PEOPLE_VERSION_KEY, recognise
from apps.accounts.services.end_login import end_all_logins
from apps.accounts.services.issue_tokens import issue_tokens
from apps.accounts.services.revoke_api_key import revoke_api_key
from apps.core.models import OutboxMessage
from tests.conftest import forget_process_memory
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.support.google import MIRA, private_key

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_known(db):
    forget_process_memory()
    yield
    forget_process_memory()


@pytest.fixture
def mira(google):
    return UserFactory(operator=True, google_id=MIRA["sub"], email="mira@shop.example")


def use(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/api/auth/me").status_code


def seen(token, now=None):
    """Ask as the front does: with the version that Redis holds at this moment."""
    version = get_redis_connection().get(PEOPLE_VERSION_KEY)
    return recognise(token, version=version, now=(now or datetime.now(UTC)).timestamp())


def test_a_token_is_recognised_once_it_was_verified(google, mira):
    token = google.token()
    before = seen(token)

    use(token)

    caller = seen(token)
    assert before is None
    assert (caller.user_id, caller.role, caller.scopes) == (mira.pk, "operator", ())


def test_a_refused_one_never_is(google, mira):
    for token in (google.token(key=private_key(1)), google.token(aud="x"), "brk_x", "x"):
        use(token)

        assert seen(token) is None


def test_whoever_is_not_let_in_is_not_recognised(google):
    token = google.token()

    assert use(token) == 403
    assert seen(token) is None


class TestForHowLong:
    def test_five_minutes_at_most(self, google, mira):
        with time_machine.travel(NOON, tick=False):
            token = google.token()
            use(token)

        assert seen(token, NOON + timedelta(seconds=299))
        assert seen(token, NOON + timedelta(seconds=300)) is None

    def test_never_longer_than_the_token(self, google, mira):
        with time_machine.travel(NOON, tick=False):
            token = google.token(exp=int(NOON.timestamp()) + 20)
            use(token)

        assert seen(token, NOON + timedelta(seconds=19)).expires_at == NOON.timestamp() + 20
        assert seen(token, NOON + timedelta(seconds=20)) is None

    def test_a_minute_for_an_api_key_whose_use_is_to_be_noted(self):
        with time_machine.travel(NOON, tick=False):
            key = ApiKeyFactory(scopes=["desk:read"])
            use(key.token)

        caller = seen(key.token, NOON + timedelta(seconds=59))
        assert caller is None or caller.scopes == ("desk:read",)
        assert seen(key.token, NOON + timedelta(seconds=60)) is None


@pytest.mark.django_db(transaction=True)
class TestWhatEndsIt:
    def recognised(self, token):
        use(token)
        assert seen(token)
        return token

    @pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": False}])
    def test_a_change_of_the_user(self, google, mira, change):
        token = self.recognised(google.token())

        for name, value in change.items():
            setattr(mira, name, value)
        mira.save()

        assert seen(token) is None

    def test_a_change_in_another_process(self, google, mira):
        token = self.recognised(google.token())
        old = get_redis_connection().get(PEOPLE_VERSION_KEY)

        get_redis_connection().set(PEOPLE_VERSION_KEY, b"another")

        assert seen(token) is None
        use(token)
        assert seen(token).version == b"another" != old

    def test_an_emptied_redis(self, google, mira):
        token = self.recognised(google.token())

        get_redis_connection().delete(PEOPLE_VERSION_KEY)

        assert seen(token) is None

    def test_a_logout(self):
        user = UserFactory(operator=True)
        token = self.recognised(issue_tokens(user=user, now=datetime.now(UTC)).access)

        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        assert client.post(reverse("accounts:logout")).status_code == 204

        assert seen(token) is None
        assert use(token) == 401

    def test_an_end_of_all_logins(self):
        user = UserFactory(operator=True)
        token = self.recognised(issue_tokens(user=user, now=datetime.now(UTC)).access)

        end_all_logins(user=user, now=datetime.now(UTC))

        assert seen(token) is None

    def test_a_revoked_key(self):
        key = ApiKeyFactory()
        token = self.recognised(key.token)

        revoke_api_key(key=key, now=datetime.now(UTC))

        assert seen(token) is None

    def test_a_deleted_user(self, google, mira):
        token = self.recognised(google.token())

        User.objects.get(pk=mira.pk).delete()

        assert seen(token) is None

    def test_no_mere_login(self, google, mira):
        token = self.recognised(google.token())

        mira.last_login = NOON
        mira.save(update_fields=["last_login"])

        assert seen(token)


class TestWithoutRedis:
    @pytest.fixture
    def redis_is_gone(self, settings):
        settings.CACHES = {
            "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
        }

    def test_signing_in_works_and_nothing_is_remembered(self, google, mira, redis_is_gone):
        token = google.token()

        assert use(token) == 200
        assert recognise(token, version=None, now=datetime.now(UTC).timestamp()) is None

    @pytest.mark.django_db(transaction=True)
    def test_a_change_is_told_later(self, google, mira, redis_is_gone):
        mira.role = "viewer"
        mira.save()

        assert OutboxMessage.objects.filter(task="accounts.change_people_version").exists()

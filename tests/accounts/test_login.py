import jwt
import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.urls import reverse

from apps.accounts.models import RefreshToken
from tests.factories.accounts import PASSWORD, UserFactory

LOGIN = reverse("accounts:login")
pytestmark = pytest.mark.django_db


def test_a_password_is_worth_a_token_for_a_quarter_of_an_hour(anonymous_api):
    user = UserFactory(username="ops-desk-1", operator=True)

    response = anonymous_api.post(LOGIN, {"username": "ops-desk-1", "password": PASSWORD}, "json")

    body = response.json()
    assert response.status_code == 200
    assert body["user"] == {"username": "ops-desk-1", "role": "operator"}
    assert (body["expiresIn"], body["message"]) == (900, "Login successful")
    assert response["Cache-Control"] == "no-store"
    claims = jwt.decode(body["token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 900
    assert claims["sub"] == str(user.pk)
    assert (claims["role"], claims["username"]) == ("operator", "ops-desk-1")
    user.refresh_from_db()
    assert user.last_login is not None


def test_what_the_database_keeps_of_a_refresh_token_is_a_digest(anonymous_api):
    user = UserFactory()

    body = {"username": user.username, "password": PASSWORD}
    token = anonymous_api.post(LOGIN, body, "json").json()["refreshToken"]

    stored = RefreshToken.objects.get(user=user)
    assert token.encode() not in bytes(stored.digest)
    assert len(bytes(stored.digest)) == 32


@pytest.mark.parametrize(
    "body",
    [
        {"username": "known", "password": "wrong"},
        {"username": "nobody", "password": PASSWORD},
        {"username": "gone", "password": PASSWORD},
        {"username": "known"},
        {"password": PASSWORD},
        {"username": "", "password": ""},
        {"username": "known", "password": None},
        {"username": ["known"], "password": {"a": 1}},
        {"username": "known\0", "password": PASSWORD},
        {"username": "k" * 151, "password": PASSWORD},
        {"username": "known", "password": "p" * 257},
        ["known", PASSWORD],
        "known",
        None,
    ],
)
def test_every_refused_login_reads_the_same(anonymous_api, body):
    UserFactory(username="known")
    UserFactory(username="gone", inactive=True)

    response = anonymous_api.post(LOGIN, body, "json")

    assert response.status_code == 401
    assert response.json()["error"] == response.json()["message"] == "Invalid credentials"
    assert response.json()["code"] == "invalid_credentials"
    assert not RefreshToken.objects.exists()


@pytest.mark.parametrize("username", ["known", "nobody", "gone", "google-only"])
def test_each_refused_login_hashes_exactly_one_password(anonymous_api, settings, username):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    UserFactory(username="known")
    UserFactory(username="gone", inactive=True)
    UserFactory(username="google-only", password=None)
    CountingHasher.count = 0

    anonymous_api.post(LOGIN, {"username": username, "password": "wrong"}, "json")

    assert CountingHasher.count == 1


class CountingHasher(PBKDF2PasswordHasher):
    """The production hasher, cheap, and counting its work."""

    iterations = 2
    count = 0

    def encode(self, *args, **kwargs):
        CountingHasher.count += 1
        return super().encode(*args, **kwargs)


def test_a_token_opens_the_api_until_the_user_is_deactivated(anonymous_api):
    user = UserFactory()
    body = {"username": user.username, "password": PASSWORD}
    token = anonymous_api.post(LOGIN, body, "json").json()["token"]
    anonymous_api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    before = anonymous_api.post(reverse("accounts:logout")).status_code
    token = anonymous_api.post(LOGIN, body, "json").json()["token"]
    user.is_active = False
    user.save()

    after = anonymous_api.post(
        reverse("accounts:logout"), headers={"Authorization": f"Bearer {token}"}
    )

    assert before == 204
    assert after.status_code == 401
    assert after.json()["error"] == "Invalid token"


def test_production_uses_a_slow_hasher():
    from config.settings import security

    assert security.PASSWORD_HASHERS[0].endswith("PBKDF2PasswordHasher")
    assert settings.ACCESS_TOKEN_SECONDS == 900

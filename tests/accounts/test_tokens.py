from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from rest_framework.test import APIClient

from apps.accounts.models import RefreshToken
from apps.accounts.services.forget_expired_logins import forget_expired_logins
from apps.accounts.services.issue_tokens import issue_tokens
from apps.accounts.services.rotate_refresh_token import InvalidRefreshToken, rotate_refresh_token
from apps.accounts.services.verify_access_token import InvalidAccessToken, verify_access_token
from tests.factories.accounts import UserFactory

REFRESH = reverse("accounts:refresh")
LOGOUT = reverse("accounts:logout")


def now():
    return datetime.now(UTC)


def bearer(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def still_signed_in(tokens):
    try:
        verify_access_token(tokens.access)
    except InvalidAccessToken:
        return False
    return True


@pytest.mark.django_db
class TestRefresh:
    def test_a_refresh_token_is_worth_new_tokens(self, anonymous_api):
        user = UserFactory()
        tokens = issue_tokens(user=user, now=now())

        response = anonymous_api.post(REFRESH, {"refreshToken": tokens.refresh}, "json")

        body = response.json()
        assert response.status_code == 200
        assert verify_access_token(body["token"])[0] == user
        assert body["refreshToken"] != tokens.refresh
        again = anonymous_api.post(REFRESH, {"refreshToken": body["refreshToken"]}, "json")
        assert again.status_code == 200

    def test_a_second_use_ends_the_login_for_both_holders(self, anonymous_api):
        stolen = issue_tokens(user=UserFactory(), now=now())
        _, newest = rotate_refresh_token(token=stolen.refresh, now=now())

        response = anonymous_api.post(REFRESH, {"refreshToken": stolen.refresh}, "json")

        assert response.status_code == 401
        assert (response.json()["error"], response.json()["code"]) == (
            "Invalid token",
            "invalid_token",
        )
        assert not still_signed_in(newest)
        with pytest.raises(InvalidRefreshToken):
            rotate_refresh_token(token=newest.refresh, now=now())

    def test_another_login_of_the_user_survives_that(self):
        user = UserFactory()
        stolen, other = (issue_tokens(user=user, now=now()) for _ in range(2))
        rotate_refresh_token(token=stolen.refresh, now=now())
        with pytest.raises(InvalidRefreshToken):
            rotate_refresh_token(token=stolen.refresh, now=now())

        assert still_signed_in(other)

    def test_it_expires_after_a_week(self):
        tokens = issue_tokens(user=UserFactory(), now=now() - timedelta(days=7, seconds=1))

        with pytest.raises(InvalidRefreshToken):
            rotate_refresh_token(token=tokens.refresh, now=now())

    def test_it_is_worth_nothing_to_a_deactivated_user(self):
        user = UserFactory()
        tokens = issue_tokens(user=user, now=now())
        user.is_active = False
        user.save()

        with pytest.raises(InvalidRefreshToken):
            rotate_refresh_token(token=tokens.refresh, now=now())

    @pytest.mark.parametrize("body", [{}, {"refreshToken": ""}, {"refreshToken": "x"}, [1], None])
    def test_anything_else_is_401(self, anonymous_api, body):
        response = anonymous_api.post(REFRESH, body, "json")

        assert response.status_code == 401
        assert response.json()["error"] == "Invalid token"


@pytest.mark.django_db(transaction=True)
def test_of_16_uses_at_once_at_most_one_wins_and_nobody_stays_signed_in():
    tokens = issue_tokens(user=UserFactory(), now=now())

    def use(_):
        try:
            return rotate_refresh_token(token=tokens.refresh, now=now())[1]
        except InvalidRefreshToken:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        won = [tokens for tokens in threads.map(use, range(16)) if tokens]

    assert len(won) == 1
    assert not still_signed_in(won[0])
    assert not RefreshToken.objects.filter(revoked_at=None).exists()


@pytest.mark.django_db
class TestLogout:
    def test_the_access_token_alone_ends_its_login(self):
        tokens = issue_tokens(user=UserFactory(viewer=True), now=now())

        response = bearer(tokens.access).post(LOGOUT)

        assert response.status_code == 204
        assert response.content == b""
        assert not still_signed_in(tokens)

    def test_the_refresh_token_is_enough_when_the_access_token_has_expired(self):
        tokens = issue_tokens(user=UserFactory(), now=now() - timedelta(hours=1))

        response = bearer(tokens.access).post(LOGOUT, {"refreshToken": tokens.refresh}, "json")

        assert response.status_code == 204
        with pytest.raises(InvalidRefreshToken):
            rotate_refresh_token(token=tokens.refresh, now=now())

    def test_an_unknown_refresh_token_is_as_good_as_ended(self, anonymous_api):
        assert anonymous_api.post(LOGOUT, {"refreshToken": "x"}, "json").status_code == 204

    def test_without_any_token_there_is_nobody_to_log_out(self, anonymous_api):
        response = anonymous_api.post(LOGOUT)

        assert response.status_code == 401
        assert response.json()["error"] == "No token provided"

    def test_a_new_password_ends_every_login(self):
        user = UserFactory()
        tokens = [issue_tokens(user=user, now=now()) for _ in range(2)]

        user.set_password("another correct horse")
        user.save()

        assert [still_signed_in(each) for each in tokens] == [False, False]

    def test_a_new_name_ends_none(self):
        user = UserFactory()
        tokens = issue_tokens(user=user, now=now())

        user.first_name = "Ada"
        user.save()

        assert still_signed_in(tokens)


@pytest.mark.django_db
class TestForgedAccessToken:
    def refused(self, token):
        response = bearer(token).post(LOGOUT)
        assert response["WWW-Authenticate"] == "Bearer"
        return response.status_code == 401 and response.json()["error"] == "Invalid token"

    def signed(self, *, key=None, algorithm="HS256", without=(), headers=None, **changed):
        tokens = issue_tokens(user=UserFactory(), now=now())
        claims = jwt.decode(tokens.access, options={"verify_signature": False}) | changed
        for name in without:
            del claims[name]
        key = settings.JWT_SIGNING_KEY if key is None else key
        return jwt.encode(claims, key, algorithm=algorithm, headers=headers)

    def test_the_forger_s_tool_itself_makes_a_good_token(self):
        assert verify_access_token(self.signed())

    def test_no_signature(self):
        assert self.refused(self.signed(key="", algorithm="none"))

    @pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
    def test_another_algorithm_with_the_right_key(self, algorithm):
        assert self.refused(self.signed(algorithm=algorithm))

    def test_another_key(self):
        assert self.refused(self.signed(key="k" * 64))

    @pytest.mark.parametrize("name", ["exp", "iat", "sub", "sid", "aud", "iss"])
    def test_a_missing_claim(self, name):
        assert self.refused(self.signed(without=[name]))

    @pytest.mark.parametrize(
        "changed",
        [
            {"exp": 1},
            {"aud": "another-api"},
            {"iss": "somebody"},
            {"sub": "1"},
            {"sub": "00000000-0000-7000-8000-000000000000"},
            {"sid": "00000000-0000-7000-8000-000000000000"},
            {"sid": 5},
            {"iat": 99999999999},
        ],
    )
    def test_a_wrong_claim(self, changed):
        assert self.refused(self.signed(**changed))

    def test_an_unknown_critical_header(self):
        assert self.refused(self.signed(headers={"crit": ["x-new"], "x-new": True}))

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "brk_", "brk_x", "é", "a" * 9000])
    def test_nonsense(self, token):
        assert self.refused(token)

    def test_another_user_s_login(self):
        mine = issue_tokens(user=UserFactory(), now=now())
        family = jwt.decode(mine.access, options={"verify_signature": False})["sid"]

        assert self.refused(self.signed(sid=family))


@pytest.mark.django_db
def test_expired_logins_are_forgotten_and_used_tokens_kept_until_then():
    user = UserFactory()
    issue_tokens(user=user, now=now() - timedelta(days=8))
    used = issue_tokens(user=user, now=now())
    rotate_refresh_token(token=used.refresh, now=now())

    count = forget_expired_logins(now=now())

    assert count == 1
    assert RefreshToken.objects.count() == 2

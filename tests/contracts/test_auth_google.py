"""What the desk's client was promised about signing in with Google, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from apps.accounts.models import Role, SignInRule, User
from tests.factories.accounts import UserFactory
from tests.support.google import MIRA, private_key

pytestmark = pytest.mark.django_db
SIGN_IN = "/api/auth/google"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REFUSED = ("Access denied. Admin privileges required.", "NOT_ADMIN")


def sign_in(credential):
    return APIClient().post(SIGN_IN, {"credential": credential}, "json")


def bearer(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def told(response):
    body = response.json()
    assert body["message"] == body["error"]
    return response.status_code, body["message"], body["code"]


class TestSignIn:
    def test_an_admin_gets_the_credential_back_and_is_described(self, google):
        mira = UserFactory(admin=True, email="mira@shop.example")
        credential = google.token()

        response = sign_in(credential)

        mira.refresh_from_db()
        assert response.status_code == 200
        assert response.json() == {
            "token": credential,
            "user": {
                "id": mira.number,
                "googleId": "110022",
                "email": "mira@shop.example",
                "name": "Mira Patel",
                "picture": "https://lh3.googleusercontent.com/a/mira",
                "role": "admin",
            },
        }
        assert response["Content-Type"] == "application/json; charset=utf-8"
        assert response["Cache-Control"] == "no-store"
        assert isinstance(mira.number, int)

    def test_the_credential_is_the_bearer_token_from_then_on(self, google):
        UserFactory(admin=True, email="mira@shop.example")
        token = sign_in(google.token()).json()["token"]

        response = bearer(token).get("/api/auth/me")

        assert response.status_code == 200
        assert response.json()["user"]["googleId"] == "110022"

    def test_the_login_is_noted(self, google):
        mira = UserFactory(admin=True, email="mira@shop.example")
        with time_machine.travel(NOON, tick=False):
            sign_in(google.token())

        mira.refresh_from_db()
        assert mira.last_login == NOON

    @pytest.mark.parametrize("body", [{}, {"credential": ""}, {"credential": None}, [], None])
    def test_without_a_credential(self, google, body):
        response = APIClient().post(SIGN_IN, body, "json")

        assert told(response) == (400, "Missing credential in request body", "missing_data")

    @pytest.mark.parametrize("credential", ["x", "a.b.c", "a" * 9000, "é.é.é"])
    def test_garbage_is_401_and_no_crash(self, google, credential):
        assert told(sign_in(credential)) == (401, "Invalid token", "INVALID_TOKEN")

    def test_a_forged_one(self, google):
        response = sign_in(google.token(key=private_key(1)))

        assert told(response) == (401, "Invalid token", "INVALID_TOKEN")

    def test_an_expired_one(self, google):
        with time_machine.travel(NOON, tick=False):
            credential = google.token()
        with time_machine.travel(NOON + timedelta(hours=2), tick=False):
            response = sign_in(credential)

        assert told(response) == (401, "Token expired", "TOKEN_EXPIRED")

    def test_while_google_is_down(self, google):
        google.down()

        response = sign_in(google.token())

        assert response.status_code == 503
        assert response.json()["message"]

    def test_a_form_is_understood_like_json(self, google):
        UserFactory(admin=True, email="mira@shop.example")

        response = APIClient().post(SIGN_IN, {"credential": google.token()})

        assert response.status_code == 200

    def test_while_sign_in_with_google_is_off(self, google, settings):
        settings.GOOGLE_SIGN_IN = False
        UserFactory(admin=True, email="mira@shop.example")

        assert told(sign_in(google.token()))[0] == 401


class TestWhoIsLetIn:
    def refused(self, token):
        over_http = told(bearer(token).get("/api/items"))
        assert told(sign_in(token)) == over_http
        return over_http == (403, *REFUSED)

    def test_not_a_stranger(self, google):
        assert self.refused(google.token())
        assert not User.objects.filter(email="mira@shop.example").exists()

    def test_a_user_of_ours_with_that_address(self, google):
        user = UserFactory(operator=True, email="Mira@Shop.Example")

        assert bearer(google.token()).get("/api/items").status_code == 200
        user.refresh_from_db()
        assert user.google_id == MIRA["sub"]

    def test_nobody_whose_address_is_not_verified(self, google, settings):
        settings.GOOGLE_ALLOWED_EMAILS = ["mira@shop.example"]
        settings.GOOGLE_ALLOWED_DOMAINS = ["shop.example"]
        user = UserFactory(admin=True, email="mira@shop.example")

        for claim in (False, None, "true", 1):
            assert self.refused(google.token(email_verified=claim))
        assert self.refused(google.token(without=("email_verified",)))
        user.refresh_from_db()
        assert user.google_id is None

    def test_nobody_whose_user_is_inactive(self, google, settings):
        settings.GOOGLE_ALLOWED_EMAILS = ["mira@shop.example"]
        UserFactory(admin=True, inactive=True, email="mira@shop.example")

        assert self.refused(google.token())

    def test_no_other_account_under_the_address_of_a_known_one(self, google, settings):
        settings.GOOGLE_ALLOWED_DOMAINS = ["shop.example"]
        UserFactory(admin=True, email="mira@shop.example", google_id="999")

        assert self.refused(google.token())

    def test_a_consumer_account_under_a_company_s_address_takes_over_nobody(self, google):
        user = UserFactory(admin=True, email="mira@shop.example")

        assert self.refused(google.token(without=("hd",)))
        user.refresh_from_db()
        assert user.google_id is None

    def test_unless_an_administrator_has_put_that_very_address_on_the_list(self, google):
        user = UserFactory(admin=True, email="mira@shop.example")
        SignInRule.objects.create(address="mira@shop.example")

        assert bearer(google.token(without=("hd",))).get("/api/items").status_code == 200
        user.refresh_from_db()
        assert (user.google_id, user.role) == (MIRA["sub"], Role.ADMIN)

    def test_who_is_known_may_change_the_address_at_google(self, google):
        UserFactory(operator=True, email="mira@shop.example", google_id=MIRA["sub"])

        token = google.token(email="mira.patel@other.example", hd="other.example")

        assert bearer(token).get("/api/items").status_code == 200


class TestTheList:
    def newcomer(self, token):
        assert bearer(token).get("/api/auth/me").status_code == 200
        return User.objects.get(google_id=MIRA["sub"])

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("GOOGLE_ALLOWED_EMAILS", ["mira@shop.example"]),
            ("GOOGLE_ALLOWED_DOMAINS", ["shop.example"]),
        ],
    )
    def test_the_settings_let_newcomers_in_as_viewers(self, google, settings, name, value):
        setattr(settings, name, value)

        user = self.newcomer(google.token())

        assert (user.role, user.is_staff, user.email) == ("viewer", False, "mira@shop.example")
        assert user.get_full_name() == "Mira Patel"
        assert not user.has_usable_password()
        assert bearer(google.token()).post("/api/items", {}, "json").status_code == 403

    def test_or_as_the_settings_say(self, google, settings):
        settings.GOOGLE_ALLOWED_DOMAINS = ["shop.example"]
        settings.GOOGLE_NEW_USER_ROLE = "operator"

        assert self.newcomer(google.token()).role == Role.OPERATOR

    def test_a_rule_of_the_admin_has_a_role_of_its_own(self, google):
        SignInRule.objects.create(address="shop.example", role=Role.VIEWER)
        SignInRule.objects.create(address="mira@shop.example", role=Role.OPERATOR, is_staff=True)

        user = self.newcomer(google.token())

        assert (user.role, user.is_staff) == (Role.OPERATOR, True)

    def test_a_domain_counts_only_where_google_hosts_it(self, google, settings):
        settings.GOOGLE_ALLOWED_DOMAINS = ["shop.example"]

        for changed in ({"without": ("hd",)}, {"hd": "other.example"}, {"hd": True}):
            response = bearer(google.token(**changed)).get("/api/auth/me")
            assert told(response) == (403, *REFUSED)

    @pytest.mark.parametrize("address", ["xmira@shop.example", "mira@shop.example.evil.example"])
    def test_what_only_looks_like_it_is_not_on_it(self, google, settings, address):
        settings.GOOGLE_ALLOWED_EMAILS = ["mira@shop.example"]
        settings.GOOGLE_ALLOWED_DOMAINS = ["shop.example"]

        token = google.token(email=address, hd=address.rpartition("@")[2].replace("shop", "sh0p"))

        assert told(bearer(token).get("/api/auth/me")) == (403, *REFUSED)

    def test_a_taken_user_name_is_no_obstacle(self, google, settings):
        settings.GOOGLE_ALLOWED_EMAILS = ["mira@shop.example"]
        UserFactory(username="mira@shop.example", email="someone@else.example")

        assert self.newcomer(google.token()).username == "google-110022"


class TestMe:
    def test_a_password_user_has_no_google_account(self, operator_api):
        user = operator_api.user

        body = operator_api.get("/api/auth/me").json()

        user.refresh_from_db()
        assert body == {
            "user": {
                "id": user.number,
                "googleId": "",
                "email": user.email,
                "name": user.username,
                "picture": "",
                "role": "user",
            }
        }

    def test_nobody(self):
        response = APIClient().get("/api/auth/me")

        assert told(response) == (401, "Authorization header is required", "not_authenticated")


@pytest.mark.parametrize("path", ["/api/items", "/api/orders/1", "/api/analytics/sales"])
class TestHeader:
    """Section 6: the words that the client shows."""

    def answer(self, path, header):
        return told(APIClient().get(path, headers={"Authorization": header}))[:2]

    @pytest.mark.parametrize("header", ["Basic x", "Bearer", "Bearer a b", "x", "Bearer  x"])
    def test_no_bearer_token(self, google, path, header):
        expected = (401, "Authorization header must be Bearer token")

        assert self.answer(path, header) == expected

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_the_scheme_may_be_in_any_case(self, google, path, scheme):
        UserFactory(operator=True, email="mira@shop.example")

        response = APIClient().get(path, headers={"Authorization": f"{scheme} {google.token()}"})

        assert response.status_code in {200, 404}

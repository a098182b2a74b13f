"""Every attack on Google's tokens that we know of is refused, on a route of the API."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rest_framework.test import APIClient

from apps.accounts.services.verify_google_token import InvalidGoogleToken, verify_google_token
from tests.factories.accounts import UserFactory
from tests.support.google import CLIENT, MIRA, private_key, public_jwk

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def mira(google):
    return UserFactory(operator=True, google_id=MIRA["sub"], email="mira@shop.example")


def ask(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/api/items")


def refused(token):
    response = ask(token)
    assert response.status_code == 401, response.content
    assert response["WWW-Authenticate"] == "Bearer"
    body = response.json()
    assert body["message"] == body["error"] == "Invalid or expired token"
    return body["code"] == "INVALID_TOKEN"


def unsigned(header, claims):
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def test_the_forger_s_tool_itself_makes_a_good_token(google, mira):
    assert ask(google.token()).status_code == 200


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_google_names_itself_in_two_ways(google, mira, issuer):
    assert ask(google.token(iss=issuer)).status_code == 200


class TestSignature:
    def test_none(self, google, mira):
        assert refused(unsigned({"alg": "none", "kid": "march"}, google.claims()))
        assert refused(unsigned({"alg": "RS256", "kid": "march"}, google.claims()))

    def test_hs256_with_the_public_key_as_the_secret(self, google, mira):
        public = private_key(0).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        header = {"alg": "HS256", "kid": "march"}
        forged = unsigned(header, google.claims()).rstrip(".").encode()
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            forged, pem
        )
        encoded = base64.urlsafe_b64encode(signature).decode().rstrip("=")

        assert refused(f"{forged.decode()}.{encoded}")

    @pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
    def test_another_algorithm_with_the_right_key(self, google, mira, algorithm):
        assert refused(google.token(algorithm=algorithm))

    def test_another_key_under_the_right_name(self, google, mira):
        assert refused(google.token(key=private_key(1)))

    def test_a_token_that_was_changed(self, google, mira):
        header, claims, signature = google.token().split(".")
        other = google.token(email="root@shop.example").split(".")[1]

        assert refused(f"{header}.{other}.{signature}")
        assert refused(f"{header}.{claims}.{signature[:-4]}AAAA")


class TestHeader:
    def test_a_key_that_the_token_brings_itself(self, google, mira):
        own = public_jwk("own", private_key(1))

        assert refused(google.token(kid="own", key=private_key(1), headers={"jwk": own}))
        assert refused(google.token(key=private_key(1), headers={"jwk": own}))

    @pytest.mark.parametrize("name", ["jku", "x5u"])
    def test_an_address_of_keys_that_the_token_names(self, google, mira, name):
        google.keys["evil"] = private_key(1)  # were it fetched from there, it would be found
        refused_kid = google.token(
            kid="unknown", key=private_key(1), headers={name: f"{google.url}/evil"}
        )

        assert refused(refused_kid)
        assert ask(google.token(headers={name: "https://evil.example/keys"})).status_code == 200

    @pytest.mark.parametrize("crit", [["exp"], ["b64"], []])
    def test_a_critical_extension(self, google, mira, crit):
        assert refused(google.token(headers={"crit": crit}))

    @pytest.mark.parametrize(
        "kid",
        [
            "../../../../dev/null",
            "march' OR '1'='1",
            "march\n",
            "m" * 129,
            "",
            "https://evil.example/certs",
        ],
    )
    def test_a_name_of_a_key_that_leads_elsewhere(self, google, mira, kid):
        assert refused(google.token(kid=kid))

    def test_no_name_of_a_key(self, google, mira):
        assert refused(google.token(kid=None))

    def test_a_name_that_is_no_text(self, google, mira):
        assert refused(unsigned({"alg": "RS256", "kid": ["march"]}, google.claims()) + "AAAA")

    @pytest.mark.parametrize("token", ["x", "a.b.c", "...", "é", "eyJhbGciOiJSUzI1NiJ9.e30."])
    def test_nonsense(self, google, mira, token):
        assert refused(token)

    def test_an_oversize_token(self, google, mira):
        assert refused(google.token(padding="x" * 5000))
        assert refused("a" * 20_000)


class TestClaims:
    @pytest.mark.parametrize(
        "changed",
        [
            {"aud": "another-app.apps.googleusercontent.com"},
            {"aud": ""},
            {"aud": [CLIENT, "another-app.apps.googleusercontent.com"]},
            {"iss": "https://evil.example"},
            {"iss": "https://accounts.google.com.evil.example"},
            {"iss": ["accounts.google.com"]},
            {"sub": ""},
            {"sub": 5},
            {"sub": "1\n2"},
            {"exp": "soon"},
            {"iat": "now"},
        ],
    )
    def test_a_wrong_claim(self, google, mira, changed):
        assert refused(google.token(**changed))

    @pytest.mark.parametrize("name", ["exp", "iat", "iss", "aud", "sub"])
    def test_a_missing_claim(self, google, mira, name):
        assert refused(google.token(without=(name,)))

    @pytest.mark.parametrize("seconds", [29, 31])
    def test_half_a_minute_after_its_end_it_is_over(self, google, mira, seconds):
        with time_machine.travel(NOON, tick=False):
            token = google.token(exp=int(NOON.timestamp()))
        with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
            response = ask(token)

        assert response.status_code == (200 if seconds < 30 else 401)

    @pytest.mark.parametrize("claim", ["nbf", "iat"])
    @pytest.mark.parametrize("seconds", [29, 31])
    def test_half_a_minute_before_its_beginning_it_is_good(self, google, mira, claim, seconds):
        with time_machine.travel(NOON, tick=False):
            response = ask(google.token(**{claim: int(NOON.timestamp()) + seconds}))

        assert response.status_code == (200 if seconds < 30 else 401)

    def test_a_remembered_token_ends_in_time(self, google, mira):
        with time_machine.travel(NOON, tick=False):
            token = google.token(exp=int(NOON.timestamp()) + 10)
            before = ask(token)
        with time_machine.travel(NOON + timedelta(seconds=41), tick=False):
            after = ask(token)

        assert (before.status_code, after.status_code) == (200, 401)


@pytest.mark.parametrize("off", [{"GOOGLE_SIGN_IN": False}, {"GOOGLE_CLIENT_IDS": []}])
def test_without_an_audience_no_token_is_good(google, mira, settings, off):
    for name, value in off.items():
        setattr(settings, name, value)

    with pytest.raises(InvalidGoogleToken):
        verify_google_token(google.token(aud=""), now=datetime.now(UTC))
    assert refused(google.token())


def test_any_of_several_client_ids_is_an_audience(google, mira, settings):
    settings.GOOGLE_CLIENT_IDS = ["till.apps.googleusercontent.com", CLIENT]

    assert ask(google.token()).status_code == 200
    assert ask(google.token(aud="till.apps.googleusercontent.com")).status_code == 200


def test_other_routes_say_it_in_their_own_words(google):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {google.token(key=private_key(1))}")

    response = client.get("/api/sessions")

    assert response.status_code == 401
    assert (response.json()["error"], response.json()["code"]) == ("Invalid token", "invalid_token")

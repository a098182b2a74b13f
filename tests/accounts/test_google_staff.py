"""Staff sign in to the admin with Google, through the whole conversation with a Google of ours."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from apps.accounts.models import SignInRule, User
from tests.factories.accounts import PASSWORD, UserFactory
from tests.support.google import MIRA, private_key

pytestmark = pytest.mark.django_db
BEGIN, COMPLETE = "/admin/google/login", "/admin/google/complete"
LOGIN = "/admin/login/"


@pytest.fixture
def mira(google):
    return UserFactory(admin=True, staff=True, email="mira@shop.example", username="mira")


@pytest.fixture
def visitor():
    return Client(REMOTE_ADDR="203.0.113.7")


def begin(visitor, **form):
    response = visitor.post(BEGIN, form)
    assert response.status_code == 302
    return response["Location"]


def path_of(address):
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def sign_in(google, visitor, wanted="", **claims):
    back = google.visit(begin(visitor, next=wanted), **claims)
    return visitor.get(path_of(back))


def refusal(response):
    """Return what the login page says, having checked that nobody is signed in."""
    assert (response.status_code, response["Location"]) == (302, LOGIN)
    assert "_auth_user_id" not in response.wsgi_request.session
    (message,) = get_messages(response.wsgi_request)
    return str(message)


class TestTheConversation:
    def test_it_ends_in_the_admin(self, google, mira, visitor):
        response = sign_in(google, visitor)

        mira.refresh_from_db()
        assert (response.status_code, response["Location"]) == (302, "/admin/")
        assert visitor.get("/admin/").status_code == 200
        assert mira.google_id == MIRA["sub"]
        assert mira.last_login is not None

    def test_it_leads_to_where_one_wanted_to_go(self, google, mira, visitor):
        assert sign_in(google, visitor, "/admin/jobs/job/")["Location"] == "/admin/jobs/job/"

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "data:x"])
    def test_but_not_elsewhere(self, google, mira, visitor, elsewhere):
        assert sign_in(google, visitor, elsewhere)["Location"] == "/admin/"

    def test_google_is_asked_with_state_pkce_and_nonce(self, google, mira, visitor):
        asked = {key: values[0] for key, values in parse_qs(urlsplit(begin(visitor)).query).items()}

        assert asked["code_challenge_method"] == "S256"
        assert len(asked["code_challenge"]) == 43
        assert len(asked["state"]) >= 32
        assert len(asked["nonce"]) >= 32
        assert asked["response_type"] == "code"
        assert asked["scope"] == "openid email profile"
        assert asked["redirect_uri"] == f"http://testserver{COMPLETE}"

    def test_the_verifier_and_the_secret_go_to_google_and_nowhere_else(self, google, mira, visitor):
        address = begin(visitor)
        visitor.get(path_of(google.visit(address)))

        (form,) = google.asked_for_tokens
        assert len(form["code_verifier"]) >= 43
        assert form["code_verifier"] not in address
        assert form["client_secret"] not in address

    def test_the_session_is_a_new_one_and_ends_with_the_user(self, google, mira, visitor):
        begin(visitor)
        before = visitor.session.session_key
        sign_in(google, visitor)
        after = visitor.session.session_key

        User.objects.filter(pk=mira.pk).update(is_active=False)

        assert before != after
        assert visitor.get("/admin/")["Location"].startswith(LOGIN)

    def test_a_newcomer_on_the_list_who_may_use_the_admin(self, google, visitor):
        SignInRule.objects.create(address="shop.example", role="operator", is_staff=True)

        assert sign_in(google, visitor)["Location"] == "/admin/"
        assert User.objects.get(google_id=MIRA["sub"]).role == "operator"

    def test_who_is_signed_in_as_another_becomes_oneself_and_nothing_is_linked(
        self, google, mira, visitor
    ):
        other = UserFactory(admin=True, staff=True, email="ravi@shop.example")
        visitor.force_login(other)

        sign_in(google, visitor)

        other.refresh_from_db()
        assert visitor.session["_auth_user_id"] == str(mira.pk)
        assert other.google_id is None


class TestState:
    def test_a_wrong_one(self, google, mira, visitor):
        back = path_of(google.visit(begin(visitor)))

        response = visitor.get(back.replace("state=", "state=x"))

        assert "began in another browser" in refusal(response)
        assert google.asked_for_tokens == []

    def test_none(self, google, mira, visitor):
        begin(visitor)

        assert "was not opened by signing in" in refusal(visitor.get(f"{COMPLETE}?code=x"))

    def test_that_of_another_browser(self, google, mira, visitor):
        theirs = google.visit(begin(Client(), next=""))

        assert "began in another browser" in refusal(visitor.get(path_of(theirs)))

    def test_a_used_one(self, google, mira, visitor):
        back = path_of(google.visit(begin(visitor)))
        visitor.get(back)
        visitor.logout()

        assert "began in another browser" in refusal(visitor.get(back))

    def test_a_forged_form_of_another_site_begins_nothing(self, google, mira):
        response = Client(enforce_csrf_checks=True).post(BEGIN)

        assert response.status_code == 403

    def test_a_mere_link_begins_nothing(self, google, mira, visitor):
        assert visitor.get(BEGIN).status_code == 405


class TestPkceAndNonce:
    def test_without_the_verifier_google_is_not_even_asked(self, google, mira, visitor):
        back = path_of(google.visit(begin(visitor)))
        session = visitor.session
        (key,) = (key for key, value in session.items() if "code_verifier" in value)
        session[key] = {**session[key], "code_verifier": ""}
        session.save()

        assert "began in another browser" in refusal(visitor.get(back))
        assert google.asked_for_tokens == []

    def test_a_code_of_another_conversation(self, google, mira, visitor):
        stolen = parse_qs(urlsplit(google.visit(begin(Client()))).query)["code"][0]
        own = parse_qs(urlsplit(google.visit(begin(visitor))).query)["state"][0]

        response = visitor.get(f"{COMPLETE}?state={own}&code={stolen}")

        assert "Google cannot be reached" in refusal(response)

    @pytest.mark.parametrize("nonce", ["another", None, ""])
    def test_a_token_of_another_conversation(self, google, mira, visitor, nonce):
        assert "began in another browser" in refusal(sign_in(google, visitor, nonce=nonce))


class TestWhoIsLetIn:
    def test_nobody_with_an_unverified_address(self, google, mira, visitor):
        response = sign_in(google, visitor, email_verified=False)

        mira.refresh_from_db()
        assert "is not known here" in refusal(response)
        assert mira.google_id is None

    def test_nobody_of_a_foreign_domain(self, google, mira, visitor, settings):
        settings.GOOGLE_ALLOWED_DOMAINS = ["shop.example"]
        foreign = {"sub": "5", "email": "eve@evil.example", "hd": "evil.example"}

        assert "is not known here" in refusal(sign_in(google, visitor, **foreign))
        assert not User.objects.filter(email="eve@evil.example").exists()

    def test_nobody_who_is_no_staff(self, google, visitor):
        UserFactory(operator=True, email="mira@shop.example")

        assert refusal(sign_in(google, visitor)) == (
            "Your account may not use these pages. Ask an administrator."
        )

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another-app.apps.googleusercontent.com"},
            {"iss": "https://evil.example"},
            {"exp": 1},
            {"key": private_key(1)},
        ],
    )
    def test_nobody_with_a_token_that_is_not_for_us(self, google, mira, visitor, claims):
        assert "could not be verified" in refusal(sign_in(google, visitor, **claims))


class TestLock:
    def lock(self, username, address):
        visitor = Client(REMOTE_ADDR=address)
        for _ in range(5):
            visitor.post(LOGIN, {"username": username, "password": "wrong"})

    def test_a_locked_name_is_locked_for_google_too(self, google, mira, visitor):
        self.lock("mira", "198.51.100.1")

        assert "Too many failed logins" in refusal(sign_in(google, visitor))

    def test_a_locked_address_too(self, google, mira, visitor):
        self.lock("nobody", "203.0.113.7")

        assert "Too many failed logins" in refusal(sign_in(google, visitor))

    def test_refusals_of_google_lock_nobody_out(self, google, mira, visitor):
        for _ in range(6):
            sign_in(google, visitor, email_verified=False)

        response = visitor.post(LOGIN, {"username": "mira", "password": PASSWORD})

        assert response.status_code == 302


class TestKindWords:
    def test_cancelled(self, google, mira, visitor):
        state = parse_qs(urlsplit(begin(visitor)).query)["state"][0]

        response = visitor.get(f"{COMPLETE}?error=access_denied&state={state}")

        assert refusal(response) == "You have cancelled signing in with Google."

    def test_google_is_down(self, google, mira, visitor):
        back = google.visit(begin(visitor))
        google.down()

        assert "cannot be reached" in refusal(visitor.get(path_of(back)))

    def test_what_browsers_send_does_not_come_back(self, google, mira, visitor):
        response = visitor.get(f"{COMPLETE}?error=%3Cscript%3E&error_description=evil&state=x")

        assert "script" not in refusal(response)
        assert "evil" not in refusal(response)


class TestThePage:
    def test_there_is_a_button(self, google, visitor):
        page = visitor.get(LOGIN + "?next=/admin/jobs/job/").content.decode()

        assert "Sign in with Google" in page
        assert f'action="{reverse("google:begin")}"' in page
        assert '<input type="hidden" name="next" value="/admin/jobs/job/">' in page

    @pytest.mark.parametrize("off", [{"GOOGLE_SIGN_IN": False}, {"GOOGLE_CLIENT_SECRET": ""}])
    def test_and_none_where_it_would_lead_nowhere(self, google, visitor, settings, off):
        for name, value in off.items():
            setattr(settings, name, value)

        assert "Sign in with Google" not in visitor.get(LOGIN).content.decode()
        assert "switched off" in refusal(visitor.post(BEGIN))
        assert "switched off" in refusal(Client().get(COMPLETE))

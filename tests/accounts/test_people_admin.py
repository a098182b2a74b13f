"""The staff's pages about users and about who may come in."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, SignInRule, User
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
RULES = reverse("admin:accounts_signinrule_changelist")
ADD_RULE = reverse("admin:accounts_signinrule_add")
USERS = reverse("admin:accounts_user_changelist")


@pytest.fixture
def chief():
    return UserFactory(admin=True, staff=True, username="chief")


@pytest.fixture
def pages(chief):
    client = Client()
    client.force_login(chief)
    return client


def page_of(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def form_of(user, **changed):
    fields = {
        "username": user.username,
        "email": user.email,
        "role": user.role,
        "is_active": "on",
        "is_staff": "on" if user.is_staff else "",
        "google_id": user.google_id or "",
    } | changed
    return {name: value for name, value in fields.items() if value != ""}


class TestUsers:
    def test_the_google_account_is_shown(self, pages):
        user = UserFactory(google_id="110022")

        assert "110022" in pages.get(page_of(user)).content.decode()
        assert pages.get(USERS, {"google_id__isempty": "0"}).status_code == 200

    def test_a_role_is_changed_and_the_change_is_told(self, pages, chief):
        user = UserFactory(operator=True, username="ravi")

        response = pages.post(page_of(user), form_of(user, role="admin"))

        assert response.status_code == 302
        assert User.objects.get(pk=user.pk).role == Role.ADMIN
        page = pages.get(page_of(user)).content.decode()
        assert "Role: operator → admin" in page
        assert "<strong>chief</strong>" in page

    def test_the_link_to_google_can_be_cut_for_several(self, pages):
        for user in (UserFactory(google_id="1"), UserFactory(google_id="2")):
            assert pages.post(page_of(user), form_of(user, google_id="")).status_code == 302

        assert not User.objects.exclude(google_id=None).exists()

    @pytest.mark.parametrize("change", [{"role": "operator"}, {"is_active": ""}])
    def test_the_last_administrator_stays(self, pages, chief, change):
        UserFactory(admin=True, inactive=True)

        response = pages.post(page_of(chief), form_of(chief, **change))

        assert response.status_code == 200
        assert "This is the last administrator" in response.content.decode()
        chief.refresh_from_db()
        assert (chief.role, chief.is_active) == (Role.ADMIN, True)

    def test_the_last_but_one_may_go(self, pages, chief):
        UserFactory(admin=True)

        assert pages.post(page_of(chief), form_of(chief, role="operator")).status_code == 302

    def test_not_even_all_administrators_together_can_be_deleted(self, pages, chief):
        other = UserFactory(admin=True)
        everybody = {"action": "delete_selected", "_selected_action": [chief.pk, other.pk]}

        page = pages.post(USERS, everybody)
        pages.post(USERS, everybody | {"post": "yes"})

        assert "This is the last administrator" in page.content.decode()
        assert User.objects.acting_admins().count() == 2

    def test_one_of_two_can(self, pages):
        other = UserFactory(admin=True)

        pages.post(reverse("admin:accounts_user_delete", args=[other.pk]), {"post": "yes"})

        assert not User.objects.filter(pk=other.pk).exists()


class TestRules:
    def add(self, pages, address, **more):
        return pages.post(ADD_RULE, {"address": address, "role": "operator", **more})

    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            (" Rosa@Shop.Example ", "rosa@shop.example"),
            ("Shop.Example", "shop.example"),
            ("@shop.example", "shop.example"),
        ],
    )
    def test_one_is_added(self, pages, chief, typed, stored):
        assert self.add(pages, typed, is_staff="on", note="Since March").status_code == 302

        rule = SignInRule.objects.get()
        assert (rule.address, rule.role, rule.is_staff) == (stored, "operator", True)
        assert rule.added_by == chief
        assert stored in pages.get(RULES).content.decode()

    @pytest.mark.parametrize(
        ("typed", "complaint"),
        [
            ("gmail.com", "Anybody can have an address"),
            ("*", "is not a domain"),
            ("com", "is not a domain"),
            ("rosa@", "is not an address"),
            ("rosa@shop", "is not an address"),
        ],
    )
    def test_what_would_let_in_the_world_is_refused(self, pages, typed, complaint):
        response = self.add(pages, typed)

        assert complaint in response.content.decode()
        assert not SignInRule.objects.exists()

    def test_the_same_one_twice(self, pages):
        self.add(pages, "shop.example")

        assert "already exists" in self.add(pages, "SHOP.example").content.decode()

    def test_they_are_the_administrators_business(self, chief):
        client = Client()
        client.force_login(UserFactory(operator=True, staff=True))

        assert client.get(RULES).status_code == 403
        assert client.post(ADD_RULE, {"address": "a.example", "role": "admin"}).status_code == 403

    def test_it_says_so_where_google_is_off(self, pages, settings):
        settings.GOOGLE_SIGN_IN = False

        assert "is switched off" in pages.get(RULES).content.decode()


def test_notes_of_conversations_are_no_pages(pages):
    assert pages.get("/admin/social_django/usersocialauth/").status_code == 404

"""What the desk's client was promised about users and roles, over HTTP."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import Role, User
from tests.conftest import CallerClient
from tests.factories.accounts import ApiKeyFactory, UserFactory

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FORBIDDEN = (403, "Forbidden: Admin access required")


def told(response):
    body = response.json()
    assert body["message"] == body["error"]
    return response.status_code, body["message"]


def change(api, user, role):
    return api.patch(f"/api/users/{getattr(user, 'number', user)}/role", {"role": role}, "json")


def role_of(user):
    return User.objects.get(pk=user.pk).role


@pytest.fixture
def ravi(db):
    user = UserFactory(operator=True, email="ravi@shop.example", first_name="Ravi")
    user.refresh_from_db()
    return user


@pytest.mark.django_db
class TestList:
    def test_the_newest_first_with_ten_keys_each(self, admin_api):
        mira = UserFactory(
            admin=True,
            email="mira@shop.example",
            first_name="Mira",
            google_id="1122",
            picture="https://lh3.googleusercontent.com/a/mira",
            last_login=datetime(2025, 2, 1, 8, 0, 0, 120999, tzinfo=UTC),
            date_joined=datetime(2199, 1, 5, 9, 30, tzinfo=UTC),
        )
        mira.refresh_from_db()

        body = admin_api.get("/api/users").json()

        assert isinstance(body, list)
        assert [line["id"] for line in body[:1]] == [mira.number]
        assert list(body[0]) == [
            "id",
            "googleId",
            "email",
            "name",
            "picture",
            "role",
            "lastLogin",
            "createdAt",
            "updatedAt",
        ]
        assert body[0] | {"updatedAt": "…"} == {
            "id": mira.number,
            "googleId": "1122",
            "email": "mira@shop.example",
            "name": "Mira",
            "picture": "https://lh3.googleusercontent.com/a/mira",
            "role": "admin",
            "lastLogin": "2025-02-01T08:00:00.120Z",
            "createdAt": "2199-01-05T09:30:00.000Z",
            "updatedAt": "…",
        }
        assert TIME.fullmatch(body[0]["updatedAt"])

    def test_viewers_and_operators_are_users_and_never_signed_in_is_null(self, admin_api, ravi):
        viewer = UserFactory(viewer=True)

        lines = {line["email"]: line for line in admin_api.get("/api/users").json()}

        assert lines[ravi.email]["role"] == lines[viewer.email]["role"] == "user"
        assert lines[ravi.email]["lastLogin"] is None

    def test_who_cannot_sign_in_is_left_out(self, admin_api):
        gone = UserFactory(inactive=True)

        lines = admin_api.get("/api/users").json()

        assert gone.email not in {line["email"] for line in lines}

    def test_the_counts(self, admin_api, ravi):
        UserFactory(viewer=True)
        UserFactory(admin=True, inactive=True)

        body = admin_api.get("/api/users/stats").json()

        assert body == {"totalUsers": 3, "adminUsers": 1, "regularUsers": 2}


@pytest.mark.django_db
class TestWhoMay:
    @pytest.mark.parametrize("path", ["/api/users", "/api/users/stats"])
    def test_reading_takes_an_admin(self, operator_api, viewer_api, path):
        assert told(operator_api.get(path)) == told(viewer_api.get(path)) == FORBIDDEN
        assert told(APIClient().get(path)) == (401, "Authorization header is required")

    def test_changing_takes_an_admin(self, operator_api, ravi):
        assert told(change(operator_api, ravi, "admin")) == FORBIDDEN
        assert told(change(operator_api, operator_api.user, "admin")) == FORBIDDEN
        assert role_of(ravi) == Role.OPERATOR

    def test_a_confined_key_of_an_admin_is_not_enough(self, ravi):
        key = ApiKeyFactory(
            owner=UserFactory(admin=True), scopes=["desk:read", "desk:write", "jobs:write"]
        )
        api = APIClient()
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {key.token}")

        assert told(api.get("/api/users")) == FORBIDDEN
        assert told(change(api, ravi, "admin")) == FORBIDDEN


@pytest.mark.django_db
class TestChange:
    def test_a_user_becomes_an_admin(self, admin_api, ravi):
        response = change(admin_api, ravi, "admin")

        body = response.json()
        assert response.status_code == 200
        assert TIME.fullmatch(body.pop("updatedAt"))
        assert body == {
            "id": ravi.number,
            "email": "ravi@shop.example",
            "name": "Ravi",
            "role": "admin",
        }
        assert role_of(ravi) == Role.ADMIN

    def test_an_admin_who_becomes_a_user_goes_on_working(self, admin_api):
        other = UserFactory(admin=True, is_superuser=True)
        other.refresh_from_db()

        body = change(admin_api, other, "user").json()

        assert body["role"] == "user"
        assert role_of(other) == Role.OPERATOR
        assert not User.objects.get(pk=other.pk).is_superuser

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
    def test_who_is_a_user_stays_what_they_are(self, admin_api, role):
        user = UserFactory(role=role)
        user.refresh_from_db()

        assert change(admin_api, user, "user").status_code == 200
        assert role_of(user) == role

    @pytest.mark.parametrize("role", ["viewer", "Admin", "", None, 1, ["admin"], {"a": 1}])
    def test_an_unknown_role(self, admin_api, ravi, role):
        expected = (400, 'Invalid role. Must be "admin" or "user"')

        assert told(change(admin_api, ravi, role)) == expected
        assert told(admin_api.patch(f"/api/users/{ravi.number}/role")) == expected

    def test_one_s_own_privileges(self, admin_api):
        admin_api.user.refresh_from_db()

        response = change(admin_api, admin_api.user, "user")

        assert told(response) == (400, "Cannot remove your own admin privileges")
        assert change(admin_api, admin_api.user, "admin").status_code == 200

    @pytest.mark.parametrize("number", ["0", "999999", "abc", "-1", "99999999999999999999", "%00"])
    def test_an_unknown_user_is_404_whatever_the_number_looks_like(self, admin_api, number):
        assert told(change(admin_api, number, "admin")) == (404, "User not found")

    def test_an_inactive_user_is_unknown(self, admin_api):
        gone = UserFactory(inactive=True)
        gone.refresh_from_db()

        assert told(change(admin_api, gone, "admin")) == (404, "User not found")

    def test_the_change_is_on_record_with_its_author(self, admin_api, ravi):
        change(admin_api, ravi, "admin")

        event = ravi.events.order_by("-pgh_id").first()
        assert (event.pgh_label, event.role) == ("changed", "admin")
        assert event.pgh_context["name"] == admin_api.user.username


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_remove_each_other_at_once_leave_one():
    for _ in range(3):
        first, second = UserFactory(admin=True), UserFactory(admin=True)
        first.refresh_from_db()
        second.refresh_from_db()
        pairs = [(CallerClient(first), second), (CallerClient(second), first)]
        together = threading.Barrier(2)

        def remove(pair, together=together):
            together.wait()
            try:
                return change(*pair, "user").status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            statuses = sorted(threads.map(remove, pairs))

        assert statuses == [200, 403]
        assert User.objects.acting_admins().count() == 1
        User.objects.all().delete()

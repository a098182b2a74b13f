import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def groups_of(user):
    return sorted(user.groups.values_list("name", flat=True))


def may(user, permission):
    return User.objects.get(pk=user.pk).has_perm(permission)


@pytest.mark.parametrize("role", Role.values)
def test_a_user_is_in_the_group_of_the_role(role):
    assert groups_of(UserFactory(role=role)) == [role]


def test_another_role_is_another_group_and_foreign_groups_stay():
    user = UserFactory(admin=True)
    user.groups.add(Group.objects.create(name="newsletter"))

    user.role = Role.VIEWER
    user.save()

    assert groups_of(user) == ["newsletter", "viewer"]


def test_an_admin_may_everything_and_is_no_superuser():
    admin = UserFactory(admin=True)

    every = [
        f"{model._meta.app_label}.{act}_{model._meta.model_name}"
        for model in apps.get_models()
        for act in model._meta.default_permissions
    ]

    assert not admin.is_superuser
    assert len(every) > 40
    assert [permission for permission in every if not may(admin, permission)] == []


def test_a_viewer_sees_batches_and_changes_nothing():
    viewer = UserFactory(viewer=True)

    permissions = viewer.get_all_permissions()

    assert "batches.view_batchsession" in permissions
    assert "jobs.view_job" in permissions
    assert all(permission.split(".")[1].startswith("view_") for permission in permissions)


def test_an_operator_also_steers_them():
    operator = UserFactory(operator=True)

    assert may(operator, "batches.add_batchsession")
    assert may(operator, "uploads.add_upload")
    assert may(operator, "jobs.change_job")
    assert not may(operator, "batches.delete_batchsession")


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_people_and_their_secrets_are_the_admin_s_business(role):
    permissions = UserFactory(role=role).get_all_permissions()

    assert [name for name in permissions if name.startswith(("accounts.", "core.", "auth."))] == []


def test_a_superuser_is_an_admin_and_losing_the_role_loses_the_powers():
    chief = User.objects.create_superuser("chief", "chief@shop.example", "x")
    was = (chief.role, chief.is_superuser)

    chief.role = Role.OPERATOR
    chief.save()

    chief.refresh_from_db()
    assert was == ("admin", True)
    assert not chief.is_superuser


def test_the_database_refuses_a_superuser_of_another_role():
    user = UserFactory(viewer=True)

    with pytest.raises(IntegrityError, match="user_superuser_is_admin"):
        User.objects.filter(pk=user.pk).update(is_superuser=True)


class TestAdmin:
    @pytest.fixture
    def chief(self):
        client = Client()
        client.force_login(UserFactory(username="chief", admin=True, staff=True))
        return client

    def test_a_user_is_made_with_a_role_and_a_password(self, chief):
        data = {
            "username": "ada",
            "role": "operator",
            "usable_password": "true",
            "password1": "a-long-new-password",
            "password2": "a-long-new-password",
        }

        response = chief.post(reverse("admin:accounts_user_add"), data)

        ada = User.objects.get(username="ada")
        assert response.status_code == 302
        assert ada.check_password("a-long-new-password")
        assert groups_of(ada) == ["operator"]

    def test_the_pages_show_people_and_no_hashes(self, chief):
        user = UserFactory(username="ada", operator=True)

        listing = chief.get(reverse("admin:accounts_user_changelist"), {"q": "ada"})
        page = chief.get(reverse("admin:accounts_user_change", args=[user.pk]))

        assert "Operator" in listing.content.decode()
        assert page.status_code == 200
        assert user.password not in page.content.decode()
        assert "is_superuser" not in page.content.decode()

    def test_a_role_is_changed_on_the_page(self, chief):
        user = UserFactory(username="ada", viewer=True)
        data = {"username": "ada", "role": "admin", "is_active": "on", "email": ""}

        response = chief.post(reverse("admin:accounts_user_change", args=[user.pk]), data)

        assert response.status_code == 302
        assert groups_of(user) == ["admin"]

    def test_a_form_cannot_smuggle_in_superpowers(self, chief):
        user = UserFactory(username="ada", admin=True)
        data = {"username": "ada", "role": "admin", "is_active": "on", "is_superuser": "on"}

        chief.post(reverse("admin:accounts_user_change", args=[user.pk]), data)

        user.refresh_from_db()
        assert not user.is_superuser

    def test_an_operator_among_the_staff_does_not_see_users(self):
        client = Client()
        client.force_login(UserFactory(operator=True, staff=True))

        assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403

    def test_neither_groups_nor_login_attempts_are_in_the_way(self, chief):
        page = chief.get(reverse("admin:index"))

        assert page.status_code == 200
        assert "auth/group" not in page.content.decode()
        assert "/axes/" not in page.content.decode()

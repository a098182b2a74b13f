from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.accounts.models import ApiKey, Role
from apps.accounts.scopes import Scope
from apps.accounts.services.create_api_key import UnknownScope, create_api_key
from apps.core.tokens import digest
from tests.factories.accounts import ApiKeyFactory, UserFactory

pytestmark = pytest.mark.django_db


class Probe(APIView):
    """A view that names no roles, as most of ours."""

    scope = "batches"

    def get(self, request):
        return Response({"user": request.user.username})

    post = put = get


class AdminProbe(Probe):
    roles = {"GET": Role.ADMIN, "POST": Role.ADMIN}


def call(token, method="get", view=Probe):
    request = getattr(APIRequestFactory(), method)("/", HTTP_AUTHORIZATION=f"Bearer {token}")
    return view.as_view()(request)


def test_a_new_key_works_and_only_its_digest_is_kept():
    owner = UserFactory(operator=True)

    key, plaintext = create_api_key(owner=owner, name="Till 3")

    key.refresh_from_db()
    assert plaintext.startswith("brk_")
    assert bytes(key.digest) == digest(plaintext)
    assert plaintext.startswith(key.prefix)
    assert len(plaintext) > len(key.prefix) + 30
    assert call(plaintext).data == {"user": owner.username}


def test_a_scope_that_is_none_of_ours_is_refused():
    with pytest.raises(UnknownScope):
        create_api_key(owner=UserFactory(), name="x", scopes=["batches:read", "world:rule"])


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_an_ended_key_is_401(state):
    key = ApiKeyFactory(**{state: True})

    assert call(key.token).status_code == 401


def test_a_key_of_a_deactivated_owner_is_401():
    assert call(ApiKeyFactory(owner__is_active=False).token).status_code == 401


@pytest.mark.parametrize(
    ("role", "method", "view", "status"),
    [
        ("viewer", "get", Probe, 200),
        ("viewer", "post", Probe, 403),
        ("operator", "post", Probe, 200),
        ("operator", "get", AdminProbe, 403),
        ("admin", "post", AdminProbe, 200),
    ],
)
def test_a_key_may_do_what_its_owner_s_role_may(role, method, view, status):
    key = ApiKeyFactory(owner=UserFactory(role=role))

    assert call(key.token, method, view).status_code == status


@pytest.mark.parametrize(
    ("scopes", "method", "status"),
    [
        (["batches:read"], "get", 200),
        (["batches:read"], "post", 403),
        (["batches:write"], "post", 200),
        (["uploads:write", "jobs:read"], "get", 403),
        ([], "post", 200),
    ],
)
def test_a_key_with_scopes_may_do_only_what_they_name(scopes, method, status):
    assert call(ApiKeyFactory(scopes=scopes).token, method).status_code == status


def test_scopes_do_not_lift_a_viewer():
    key = ApiKeyFactory(owner=UserFactory(viewer=True), scopes=["batches:write"])

    assert call(key.token, "post").status_code == 403


def test_use_is_noted_once_a_minute(django_assert_num_queries):
    key = ApiKeyFactory()
    call(key.token)
    first = ApiKey.objects.get(pk=key.pk).last_used_at

    call(key.token)

    assert first is not None
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first


class TestAdmin:
    @pytest.fixture
    def chief(self):
        client = Client()
        client.force_login(UserFactory(admin=True, staff=True))
        return client

    def test_the_secret_is_shown_exactly_once(self, chief):
        owner = UserFactory(operator=True)
        data = {"name": "Till 3", "owner": str(owner.pk), "scopes": ["batches:read"]}

        page = chief.post(
            reverse("admin:accounts_apikey_add"),
            data | {"expires_at_0": "", "expires_at_1": ""},
            follow=True,
        ).content.decode()

        key = ApiKey.objects.get(name="Till 3")
        token = page.split("shown only now: ")[1].split("<")[0].strip()
        assert digest(token) == bytes(key.digest)
        assert key.scopes == ["batches:read"]
        assert page.count(token) == 1
        for url in (
            reverse("admin:accounts_apikey_changelist"),
            reverse("admin:accounts_apikey_change", args=[key.pk]),
        ):
            later = chief.get(url)
            assert later.status_code == 200
            assert token not in later.content.decode()
            assert digest(token).hex() not in later.content.decode()
            assert key.prefix in later.content.decode()

    def test_every_scope_is_offered(self, chief):
        page = chief.get(reverse("admin:accounts_apikey_add")).content.decode()

        assert all(scope.value in page for scope in Scope)

    def test_revoking_ends_the_key_at_once(self, chief):
        key = ApiKeyFactory()
        data = {"action": "revoke", "_selected_action": [str(key.pk)]}

        page = chief.post(reverse("admin:accounts_apikey_changelist"), data, follow=True)

        assert "Revoked 1 of 1 keys." in page.content.decode()
        assert ApiKey.objects.get(pk=key.pk).state_at(datetime.now(UTC)) == "revoked"
        assert call(key.token).status_code == 401

    def test_a_key_can_neither_be_renamed_nor_deleted(self, chief):
        key = ApiKeyFactory(name="Till 3")

        changed = chief.post(
            reverse("admin:accounts_apikey_change", args=[key.pk]), {"name": "Other"}
        )
        deleted = chief.post(
            reverse("admin:accounts_apikey_delete", args=[key.pk]), {"post": "yes"}
        )

        assert (changed.status_code, deleted.status_code) == (302, 403)
        assert ApiKey.objects.get(pk=key.pk).name == "Till 3"

    def test_an_operator_among_the_staff_sees_no_keys(self):
        client = Client()
        client.force_login(UserFactory(operator=True, staff=True))

        assert client.get(reverse("admin:accounts_apikey_changelist")).status_code == 403

"""Google's tokens at the layer before Django: cheap to recognise, and never for too long."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from apps.accounts.readers import identify_reader
from tests.core.cache.world import Process, environ_of
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.catalog import ItemFactory
from tests.support.google import MIRA, private_key

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def mira(google):
    user = UserFactory(operator=True, google_id=MIRA["sub"], email="mira@shop.example")
    user.refresh_from_db()
    return user


def outcomes(process, token, times=2):
    replies = [process.call("/api/items", token) for _ in range(times)]
    return [(reply.status, reply.outcome) for reply in replies]


def test_the_second_read_of_a_google_account_needs_neither_django_nor_the_database(
    google, mira, django_assert_num_queries
):
    ItemFactory()
    process, token = Process(), google.token()
    first = process.call("/api/items", token)

    with django_assert_num_queries(0):
        second = process.call("/api/items", token)

    assert (first.status, first.outcome) == (200, "MISS")
    assert (second.status, second.outcome) == (200, "HIT")


def test_who_is_not_let_in_is_told_so_by_django(google):
    process = Process()

    refused = google.token(email="eve@evil.example", hd="evil.example", sub="5")
    forged = google.token(key=private_key(1))

    assert outcomes(process, refused) == [(403, None)] * 2
    assert outcomes(process, forged) == [(401, None)] * 2


def test_while_google_is_down_a_new_process_goes_on(google, mira):
    with time_machine.travel(NOON, tick=False):
        token = google.token()
        outcomes(Process(), token)
        google.down()

        assert [status for status, _ in outcomes(Process(), token)] == [200, 200]


def test_it_is_over_when_the_token_is(google, mira):
    with time_machine.travel(NOON, tick=False):
        process, token = Process(), google.token(exp=int(NOON.timestamp()) + 20)
        before = identify_reader(environ_of("/api/items", token))
        assert outcomes(process, token)[1] == (200, "HIT")
    with time_machine.travel(NOON + timedelta(seconds=51), tick=False):
        after = process.call("/api/items", token)

    assert before.until == NOON.timestamp() + 20
    assert after.status == 401


@pytest.mark.parametrize(
    ("change", "status"), [({"is_active": False}, 403), ({"google_id": "another"}, 403)]
)
def test_it_is_over_as_soon_as_the_user_is_changed(google, mira, change, status):
    process, token = Process(), google.token()
    outcomes(process, token)
    chief = ApiKeyFactory(owner=UserFactory(admin=True)).token
    # A change by request, as those are seen at once and not only after the lease.
    for name, value in change.items():
        setattr(mira, name, value)
    mira.save()
    process.send("PATCH", f"/api/users/{mira.number}/role", chief, b'{"role":"user"}')

    assert process.call("/api/items", token).status == status


def test_a_change_of_role_is_a_change_of_what_is_read(google, mira):
    chief = ApiKeyFactory(owner=UserFactory(admin=True)).token
    process, token = Process(), google.token()
    outcomes(process, token)

    changed = process.send("PATCH", f"/api/users/{mira.number}/role", chief, b'{"role":"admin"}')

    assert changed.status == 200
    assert identify_reader(environ_of("/api/items", token)).role == "admin"
    assert process.call("/api/items", token).outcome == "MISS"


def test_a_developer_without_a_login_is_nobody_to_be_remembered(settings):
    settings.AUTH_DISABLED = settings.DEBUG = True

    environ = environ_of("/api/items", "x", HTTP_HOST="localhost")

    assert identify_reader(environ) is None

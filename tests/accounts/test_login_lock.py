from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from tests.factories.accounts import PASSWORD, UserFactory

LOGIN = reverse("accounts:login")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def login(username, password="wrong", *, address="203.0.113.7", **headers):
    body = {"username": username, "password": password}
    return APIClient(REMOTE_ADDR=address).post(LOGIN, body, "json", headers=headers)


@pytest.mark.django_db
class TestLockedName:
    def test_the_sixth_attempt_is_429_even_with_the_right_password(self):
        UserFactory(username="desk")
        refused = [login("desk", address=f"203.0.113.{host}").status_code for host in range(5)]

        response = login("desk", PASSWORD, address="198.51.100.1")

        assert refused == [401] * 5
        assert response.status_code == 429
        assert response.json()["code"] == "login_locked"
        assert response.json()["message"] == response.json()["error"]
        assert response.json()["requestId"] == response["X-Request-ID"]
        assert 1 <= int(response["Retry-After"]) <= 900

    def test_an_unknown_name_locks_like_a_known_one(self):
        answers = [login("nobody", address=f"203.0.113.{host}").status_code for host in range(6)]

        assert answers == [401] * 5 + [429]

    def test_the_lock_ends_when_it_said_and_trying_on_does_not_prolong_it(self):
        UserFactory(username="desk")
        with time_machine.travel(NOON, tick=False):
            for host in range(5):
                login("desk", address=f"203.0.113.{host}")
        with time_machine.travel(NOON + timedelta(minutes=10), tick=False):
            locked = login("desk", PASSWORD, address="198.51.100.1")
        seconds = int(locked["Retry-After"])
        with time_machine.travel(NOON + timedelta(minutes=10, seconds=seconds - 2), tick=False):
            early = login("desk", PASSWORD, address="198.51.100.1")

        with time_machine.travel(NOON + timedelta(minutes=10, seconds=seconds), tick=False):
            later = login("desk", PASSWORD, address="198.51.100.1")

        assert 300 <= seconds <= 301
        assert early.status_code == 429
        assert later.status_code == 200

    def test_signing_in_forgives_what_was_mistyped_before(self):
        UserFactory(username="desk")
        for _ in range(4):
            login("desk")
        login("desk", PASSWORD)

        answers = [login("desk").status_code for _ in range(4)]

        assert answers == [401] * 4


@pytest.mark.django_db
class TestLockedAddress:
    def test_an_address_that_tries_many_names_is_locked(self):
        UserFactory(username="desk")
        for number in range(5):
            login(f"name-{number}")

        assert login("desk", PASSWORD).status_code == 429
        assert login("desk", PASSWORD, address="198.51.100.1").status_code == 200

    def test_owning_an_account_does_not_buy_further_guesses(self):
        UserFactory(username="victim")
        UserFactory(username="attacker")
        answers = []
        for _ in range(2):
            answers += [login("victim").status_code for _ in range(4)]
            login("attacker", PASSWORD)

        assert answers == [401] * 4 + [401] + [429] * 3

    def test_a_forged_forwarded_header_is_no_new_address(self):
        for host in range(5):
            login(f"name-{host}", **{"X-Forwarded-For": f"198.51.100.{host}"})

        response = login("desk", **{"X-Forwarded-For": "198.51.100.99"})

        assert response.status_code == 429

    def test_a_forged_forwarded_header_locks_nobody_else(self):
        UserFactory(username="desk")
        for number in range(5):
            login(f"name-{number}", **{"X-Forwarded-For": "198.51.100.1"})

        assert login("desk", PASSWORD, address="198.51.100.1").status_code == 200

    def test_behind_a_proxy_only_the_address_that_it_saw_counts(self, settings):
        settings.TRUSTED_PROXY_COUNT = 1
        UserFactory(username="desk")
        for number in range(5):
            forged = f"192.0.2.{number}, 198.51.100.1"
            login(f"name-{number}", **{"X-Forwarded-For": forged})

        assert login("desk", **{"X-Forwarded-For": "192.0.2.99, 198.51.100.1"}).status_code == 429
        other = login("desk", PASSWORD, **{"X-Forwarded-For": "198.51.100.1, 198.51.100.2"})
        assert other.status_code == 200


class SlowHasher(MD5PasswordHasher):
    """Slow enough for every thread to be past a lock that is only looked at."""

    count = 0

    def verify(self, password, encoded):
        SlowHasher.count += 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        return super().verify(password, encoded)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shared", ["name", "address"])
def test_of_32_guesses_at_once_five_reach_the_password(settings, shared):
    settings.PASSWORD_HASHERS = [f"{__name__}.SlowHasher"]
    for number in range(32 if shared == "address" else 1):
        UserFactory(username=f"desk-of-{number}")
    SlowHasher.count = 0

    def guess(number):
        try:
            if shared == "address":
                return login(f"desk-of-{number}").status_code
            return login("desk-of-0", address=f"203.0.113.{number}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(guess, range(32)))

    assert SlowHasher.count == 5
    assert sorted(answers) == [401] * 5 + [429] * 27


@pytest.mark.django_db
class TestAdminLogin:
    url = "/admin/login/"

    def submit(self, password, **headers):
        client = Client(REMOTE_ADDR="203.0.113.7")
        return client.post(self.url, {"username": "chief", "password": password}, headers=headers)

    def test_staff_sign_in(self):
        UserFactory(username="chief", admin=True, staff=True)

        response = self.submit(PASSWORD)

        assert response.status_code == 302
        assert "sessionid" in response.cookies

    def test_somebody_who_is_not_staff_stays_out(self):
        UserFactory(username="chief", admin=True)

        response = self.submit(PASSWORD)

        assert response.status_code == 200
        assert "sessionid" not in response.cookies

    def test_the_lock_says_kindly_for_how_long(self):
        UserFactory(username="chief", admin=True, staff=True)
        for _ in range(5):
            assert self.submit("wrong").status_code == 200

        response = self.submit(PASSWORD)

        assert "Too many failed logins. Try again in 15 minutes." in response.content.decode()
        assert response.status_code == 429
        assert int(response["Retry-After"]) <= 900
        assert "sessionid" not in response.cookies

    def test_failures_in_the_admin_lock_the_api_and_an_administrator_lifts_it(self):
        user = UserFactory(username="chief", admin=True, staff=True)
        for _ in range(5):
            self.submit("wrong")
        locked = login("chief", PASSWORD, address="198.51.100.1")
        admin = Client()
        admin.force_login(UserFactory(admin=True, staff=True))

        admin.post(
            reverse("admin:accounts_user_changelist"),
            {"action": "unlock_login", "_selected_action": [str(user.pk)]},
        )

        assert locked.status_code == 429
        assert login("chief", PASSWORD, address="198.51.100.1").status_code == 200

"""Google's keys: fetched rarely, by one process for all, and good for a day without Google."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import GoogleKeys
from apps.accounts.services.find_google_key import (
    KeysUnreachable,
    UnknownKey,
    find_google_key,
    forget_seen_keys,
    keep_google_keys_fresh,
)
from tests.conftest import forget_process_memory
from tests.factories.accounts import UserFactory
from tests.support.google import MIRA, private_key, public_jwk

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def after(**time):
    return NOON + timedelta(**time)


@pytest.fixture
def mira(google, db):
    return UserFactory(operator=True, google_id=MIRA["sub"], email="mira@shop.example")


def ask(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/api/items")


@pytest.mark.django_db
class TestOutage:
    def test_for_an_hour_signed_in_users_keep_working_in_every_process(self, google, mira):
        statuses = []
        with time_machine.travel(NOON, tick=False):
            token = google.token(exp=int(after(hours=2).timestamp()))
            statuses.append(ask(token).status_code)
        google.down()
        for minute in range(0, 61, 5):
            with time_machine.travel(after(minutes=minute), tick=False):
                forget_process_memory()  # like a process that has just started
                keep_google_keys_fresh(now=after(minutes=minute))
                statuses.append(ask(token).status_code)

        assert statuses == [200] * 14
        assert google.asked_for_keys == 1

    def test_after_a_day_the_keys_are_too_old_and_nobody_is_logged_out(self, google, mira):
        with time_machine.travel(NOON, tick=False):
            ask(google.token())
        google.down()
        with time_machine.travel(after(hours=25), tick=False):
            response = ask(google.token())

        assert response.status_code == 503

    def test_keys_that_were_never_fetched_are_503_and_never_401(self, google, mira):
        google.down()

        response = ask(google.token())
        again = ask(google.token())

        assert (response.status_code, again.status_code) == (503, 503)
        assert response.json()["message"].startswith("Google's keys cannot be fetched")
        assert response.json()["code"] == "unavailable"
        assert int(response["Retry-After"]) > 0

    def test_it_works_as_soon_as_google_does(self, google, mira):
        google.down()
        with time_machine.travel(NOON, tick=False):
            assert ask(google.token()).status_code == 503
        google.up()
        with time_machine.travel(after(seconds=30), tick=False):
            assert ask(google.token()).status_code == 200

    def test_a_new_key_during_an_outage_is_no_reason_to_log_out(self, google, mira):
        with time_machine.travel(NOON, tick=False):
            ask(google.token())
        google.down()
        google.keys["april"] = private_key(1)
        with time_machine.travel(after(minutes=5), tick=False):
            assert ask(google.token(kid="april")).status_code == 503
            assert ask(google.token(kid="march")).status_code == 200

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"<html>",
            b"[]",
            b'{"keys": []}',
            b'{"keys": {"a": 1}}',
            b'{"keys": [{"kty": "RSA", "kid": "march", "n": "AQAB", "e": "AQAB"}]}',
            b'{"keys": [' + b" " * 70_000 + b"]}",
        ],
        ids=["empty", "html", "list", "no keys", "no list", "weak", "huge"],
    )
    def test_a_broken_answer_does_not_replace_good_keys(self, google, mira, answer):
        with time_machine.travel(NOON, tick=False):
            ask(google.token())
        google.answer_keys = answer
        with time_machine.travel(after(hours=1), tick=False):
            forget_process_memory()
            keep_google_keys_fresh(now=after(hours=1))
            response = ask(google.token())

        assert google.asked_for_keys == 2
        assert response.status_code == 200
        assert GoogleKeys.objects.get().failure

    def test_private_parts_and_foreign_kinds_of_keys_are_left_out(self, google, mira):
        private = {"d": "c2VjcmV0", **public_jwk("march", private_key(0))}
        others = [
            {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
            {**public_jwk("april", private_key(1)), "use": "enc"},
            {**public_jwk("may", private_key(1)), "alg": "RS512"},
            {**public_jwk("june", private_key(1)), "kid": "j" * 129},
            "july",
        ]
        google.answer_keys = json.dumps({"keys": [private, *others]}).encode()

        assert ask(google.token()).status_code == 200
        assert [key["kid"] for key in GoogleKeys.objects.get().keys] == ["march"]
        assert "c2VjcmV0" not in json.dumps(GoogleKeys.objects.get().keys)


@pytest.mark.django_db
class TestUnknownKeys:
    def test_ten_thousand_made_up_keys_are_one_call_in_half_a_minute(self, google, mira):
        with time_machine.travel(NOON, tick=False):
            ask(google.token())
        for second in range(100):
            now = after(minutes=1, seconds=second)
            for number in range(100):
                with pytest.raises(UnknownKey):
                    find_google_key(f"made-up-{second}-{number}", now)
        with time_machine.travel(after(minutes=3), tick=False):
            forget_process_memory()
            good = ask(google.token()).status_code

        # The first minute brought one, and 100 seconds are four pauses at most.
        assert google.asked_for_keys <= 1 + 4
        assert good == 200

    def test_they_do_not_even_ask_the_database(self, google, mira, django_assert_num_queries):
        find_google_key("march", NOON)

        with django_assert_num_queries(0):
            for number in range(1000):
                with pytest.raises(UnknownKey):
                    find_google_key(f"made-up-{number}", after(seconds=5))

    def test_with_google_down_for_an_hour_there_are_at_most_120_calls(self, google, mira):
        google.answer_keys = b"<html>"

        for second in range(0, 3600, 2):
            with pytest.raises(KeysUnreachable):
                find_google_key(f"made-up-{second}", after(seconds=second))

        assert 100 <= google.asked_for_keys <= 120

    def test_over_http_they_are_401(self, google, mira):
        responses = [ask(google.token(kid=f"x{number}", key=private_key(1))) for number in range(5)]

        assert [response.status_code for response in responses] == [401] * 5
        assert google.asked_for_keys == 1


@pytest.mark.django_db
class TestRotation:
    def test_a_new_key_is_fetched_when_it_is_first_met(self, google, mira):
        with time_machine.travel(NOON, tick=False):
            ask(google.token())
        google.keys["april"] = private_key(1)
        with time_machine.travel(after(seconds=31), tick=False):
            statuses = [ask(google.token(kid=kid)).status_code for kid in ("april", "march")]

        assert statuses == [200, 200]
        assert google.asked_for_keys == 2

    def test_another_process_has_met_it_first(self, google, mira):
        find_google_key("march", NOON)
        row = GoogleKeys.objects.get()
        row.keys.append({"kty": "RSA", "kid": "april", **numbers(private_key(1))})
        row.tried_at = row.fetched_at = after(seconds=40)
        row.save()

        assert find_google_key("april", after(seconds=41))
        assert google.asked_for_keys == 1

    def test_a_withdrawn_key_ends_within_a_minute_in_every_process(self, google, mira):
        find_google_key("march", NOON)
        row = GoogleKeys.objects.get()
        row.keys = [{"kty": "RSA", "kid": "april", **numbers(private_key(1))}]
        row.tried_at = row.fetched_at = after(seconds=40)
        row.save()

        with pytest.raises(UnknownKey):
            find_google_key("march", after(seconds=61))


def numbers(key):
    return {name: public_jwk("", key)[name] for name in ("n", "e")}


@pytest.mark.django_db(transaction=True)
class TestSingleFlight:
    def test_32_threads_that_know_nothing_make_one_call(self, google):
        google.latency = 0.2
        together = threading.Barrier(32)

        def find(_):
            together.wait()
            try:
                return find_google_key("march", datetime.now(UTC)).key_size
            finally:
                connection.close()

        forget_seen_keys()
        with ThreadPoolExecutor(32) as threads:
            sizes = list(threads.map(find, range(32)))

        assert sizes == [2048] * 32
        assert google.asked_for_keys == 1

    def test_processes_that_know_nothing_make_one_call_together(self, google):
        google.latency = 0.3
        program = PROCESS.format(jwks=google.settings["GOOGLE_JWKS_URL"])
        database = connection.settings_dict["NAME"]
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", program, database],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()

        answers = [process.communicate(timeout=90)[0] for process in processes]

        assert answers == ["2048 2048 2048 2048\n"] * 3
        assert google.asked_for_keys == 1


PROCESS = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
django.setup()
from django.conf import settings
from django.db import connection
from django.utils import timezone
settings.GOOGLE_JWKS_URL = "{jwks}"
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from apps.accounts.services.find_google_key import find_google_key

def find(_):
    return str(find_google_key("march", timezone.now()).key_size)

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(4) as threads:
    print(*threads.map(find, range(4)))
"""

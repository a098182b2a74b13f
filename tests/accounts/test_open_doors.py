"""Where sign-in may be off, and what the start refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from apps.accounts.checks import check_audience, check_open_doors
from apps.accounts.models import Role, User

ROOT = Path(__file__).resolve().parents[2]
LOCAL = {"DJANGO_SETTINGS_MODULE": "config.settings.local"}
PRODUCTION = {"DJANGO_SETTINGS_MODULE": "config.settings"}
DEVELOPER = LOCAL | {"AUTH_DISABLED": "true", "DEBUG": "true", "BIND": "127.0.0.1"}
CLIENT = "123-abc.apps.googleusercontent.com"


def start(**variables):
    """Return what a process says that cannot start, or nothing."""
    command = [sys.executable, "-c", "import config.wsgi"]
    answer = subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=60
    )
    return answer.stderr.strip().splitlines()[-1] if answer.returncode else ""


class TestStart:
    @pytest.mark.parametrize(
        ("variables", "complaint"),
        [
            (DEVELOPER | {"DEBUG": "false"}, "AUTH_DISABLED needs DEBUG=true"),
            (DEVELOPER | {"BIND": "0.0.0.0"}, "AUTH_DISABLED needs BIND=127.0.0.1"),
            (DEVELOPER | PRODUCTION, "DEBUG=true needs"),
            (PRODUCTION | {"AUTH_DISABLED": "true"}, "AUTH_DISABLED needs DEBUG=true"),
            (PRODUCTION | {"GOOGLE_SIGN_IN": "true"}, "set GOOGLE_CLIENT_ID"),
            (PRODUCTION | {"GOOGLE_SIGN_IN": "true", "GOOGLE_CLIENT_ID": " "}, "set GOOGLE_CLIENT"),
            (PRODUCTION | {"GOOGLE_CLIENT_ID": "https://x"}, "GOOGLE_CLIENT_ID must look like"),
            (LOCAL | {"GOOGLE_ALLOWED_DOMAINS": "gmail.com"}, "Anybody can have an address"),
            (LOCAL | {"GOOGLE_ALLOWED_DOMAINS": "*"}, "is not a domain"),
            (LOCAL | {"GOOGLE_ALLOWED_EMAILS": "shop.example"}, "is not an address"),
            (LOCAL | {"GOOGLE_NEW_USER_ROLE": "root"}, "GOOGLE_NEW_USER_ROLE must be one of"),
        ],
    )
    def test_what_would_be_dangerous_does_not_start(self, variables, complaint):
        assert complaint in start(**variables)

    @pytest.mark.parametrize(
        "variables",
        [
            DEVELOPER,
            DEVELOPER | {"AUTH_DISABLED": "yes", "DEBUG": "false"},  # only `true` means it
            PRODUCTION | {"GOOGLE_CLIENT_ID": f"{CLIENT}, 456.apps.googleusercontent.com"},
        ],
    )
    def test_what_is_not_does(self, variables):
        assert start(**variables) == ""


class TestChecks:
    def test_settings_made_otherwise_are_refused_as_well(self, settings):
        settings.AUTH_DISABLED, settings.DEBUG, settings.BIND = True, True, "0.0.0.0"
        settings.GOOGLE_SIGN_IN, settings.GOOGLE_CLIENT_IDS = True, []

        assert [error.id for error in check_open_doors()] == ["accounts.E001"]
        assert [error.id for error in check_audience()] == ["accounts.E002"]

    def test_a_developer_s_machine_is_fine(self, settings):
        settings.AUTH_DISABLED, settings.DEBUG, settings.BIND = True, True, "127.0.0.1"

        assert check_open_doors() == check_audience() == []


@pytest.mark.django_db
class TestDeveloper:
    @pytest.fixture(autouse=True)
    def sign_in_is_off(self, settings):
        settings.AUTH_DISABLED = settings.DEBUG = True

    def me(self, **extra):
        return APIClient(**({"HTTP_HOST": "localhost:8000"} | extra)).get("/api/auth/me")

    def test_everybody_is_the_developer_and_an_admin(self):
        body = self.me().json()["user"]

        assert (body["email"], body["name"], body["role"]) == (
            "dev@localhost",
            "Dev User",
            "admin",
        )
        assert APIClient(HTTP_HOST="127.0.0.1").get("/api/users").status_code == 200
        assert not User.objects.get(username="dev-user").has_usable_password()

    def test_a_token_that_the_client_still_has_does_not_matter(self):
        assert self.me(HTTP_AUTHORIZATION="Bearer of.an.old-token").status_code == 200

    def test_the_developer_stays_an_admin(self):
        self.me()
        User.objects.update(role=Role.VIEWER, is_active=False)

        assert self.me().json()["user"]["role"] == "admin"

    @pytest.mark.parametrize(
        "extra",
        [
            {"REMOTE_ADDR": "192.0.2.1"},
            {"HTTP_X_FORWARDED_FOR": "192.0.2.1"},
            {"HTTP_HOST": "rebound.evil.example"},
            {"REMOTE_ADDR": ""},
        ],
    )
    def test_nobody_else_is(self, extra):
        assert self.me(**extra).status_code == 401

    def test_without_debug_the_switch_does_nothing(self, settings):
        settings.DEBUG = False

        assert self.me().status_code == 401

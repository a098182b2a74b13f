import io
import json

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = io.StringIO()
    call_command("create_user", *arguments, stdout=out)
    return out.getvalue()


def test_a_password_is_made_and_printed():
    answer = json.loads(run("ada", "--role", "operator", "--staff", "--json"))

    ada = User.objects.get(username="ada")
    assert ada.check_password(answer["password"])
    assert (ada.role, ada.is_staff, ada.is_superuser) == ("operator", True, False)
    assert answer["id"] == str(ada.pk)


def test_a_given_password_is_read_and_not_repeated(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a-long-new-password\n"))

    answer = run("ada", "--password-stdin")

    assert User.objects.get(username="ada").check_password("a-long-new-password")
    assert "a-long-new-password" not in answer


@pytest.mark.parametrize("password", ["", "short", "12345678901"])
def test_a_weak_password_is_refused(monkeypatch, password):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))

    with pytest.raises(CommandError, match="password"):
        run("ada", "--password-stdin")

    assert not User.objects.exists()


def test_a_taken_name_is_refused():
    run("ada")

    with pytest.raises(CommandError, match="already exists"):
        run("ada")

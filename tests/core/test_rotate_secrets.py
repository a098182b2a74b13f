import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.batches.models import BatchSession
from apps.core.encryption import key_id
from apps.core.services.rotate_secrets import rotate_secrets
from tests.factories.batches import BatchSessionFactory

pytestmark = pytest.mark.django_db

OLD, NEW = "an-old-key-of-thirty-two-characters!", "a-new-key-of-thirty-two-characters!!"


@pytest.fixture
def session(settings) -> BatchSession:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    return BatchSessionFactory(credentials={"userId": "desk", "apiKey": "kept"})


def test_after_a_rotation_the_old_key_may_go(session, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    rotation = rotate_secrets()

    assert (rotation.secrets, rotation.rotated) == (1, 1)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    session.refresh_from_db()
    assert session.credentials == {"userId": "desk", "apiKey": "kept"}
    assert session.credentials_key_id == key_id()
    assert rotate_secrets().rotated == 0


def test_a_dry_run_counts_and_changes_nothing(session, settings, capsys):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    before = sealed()

    call_command("rotate_secrets", "--dry-run", "--json")

    assert json.loads(capsys.readouterr().out) == {"secrets": 1, "rotated": 1, "dryRun": True}
    assert sealed() == before


def test_a_missing_key_is_named_and_nothing_is_lost(session, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]

    with pytest.raises(CommandError, match="FIELD_ENCRYPTION_KEYS"):
        call_command("rotate_secrets")


def sealed() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM batch_sessions")
        return bytes(cursor.fetchone()[0])

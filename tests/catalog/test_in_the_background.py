"""Through the relay, the broker and a worker, as in production."""

import pytest
from django.core.files.storage import default_storage

from apps.catalog.pictures.picture import picture_of_bytes
from apps.catalog.pictures.thumbnail import thumbnail_path
from apps.catalog.services.change_item import change_item
from apps.catalog.services.create_item import create_item
from apps.core.models import OutboxMessage
from tests.catalog.world import drawn
from tests.core.outbox_world import eventually, relay_running, worker_running
from tests.support.valkey import own_valkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def working(tmp_path, settings):
    """Run a relay and a worker of our own: test runs side by side must not share a broker."""
    with own_valkey(tmp_path / "valkey") as server:
        settings.CELERY_BROKER_URL = server.url
        with relay_running(), worker_running(tmp_path, server.url):
            yield


def test_a_worker_draws_the_small_version_and_removes_what_was_replaced(working):
    item = create_item(name="Shirt", price=1, picture=picture_of_bytes(drawn()))
    first = item.image_path
    assert eventually(lambda: default_storage.exists(thumbnail_path(first)))

    change_item(item=item, changes={}, picture=picture_of_bytes(drawn(color="red")))

    assert eventually(lambda: not default_storage.exists(first))
    assert eventually(lambda: default_storage.exists(thumbnail_path(item.image_path)))
    assert eventually(lambda: not OutboxMessage.objects.exists())
    assert not default_storage.exists(thumbnail_path(first))

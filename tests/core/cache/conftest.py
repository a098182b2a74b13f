"""A Redis of one's own: tests at the same time have other databases, and so other versions."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from tests.support.valkey import OwnValkey, own_valkey


@pytest.fixture(scope="package")
def server(tmp_path_factory) -> Iterator[OwnValkey]:
    with own_valkey(tmp_path_factory.mktemp("cache")) as server:
        yield server


@pytest.fixture(autouse=True)
def valkey(server, settings) -> OwnValkey:
    server.start()
    with server.client as client:
        client.flushall()
    settings.REDIS_URL = server.url
    return server


@pytest.fixture(autouse=True)
def open_connection() -> Iterator[None]:
    """Keep requests from closing the connection of the test's transaction, as Django's client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)

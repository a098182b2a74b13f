"""The servers from wheels: they come back at the same address, whatever ended them."""

import os
import signal
import socket
import stat

import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from config.embedded import Postgres, Valkey
from config.embedded.processes import wait_until

KEPT = "SELECT word FROM kept"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    home = tmp_path_factory.mktemp("a home, with spaces")
    for directory in (home, *home.parents[:2]):
        directory.chmod(0o755)
    server = Postgres(home / "postgres")
    server.start(durable=False)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'committed' AS word")
    yield server
    server.stop()
    if server.sockets != server.data:
        server.sockets.rmdir()


@pytest.fixture
def valkey(tmp_path):
    server = Valkey(tmp_path / "a home" / "valkey")
    server.start()
    yield server
    server.stop()


def test_starting_a_running_server_changes_nothing(postgres):
    pid = postgres.pid

    url = postgres.start(durable=False)

    assert (url, postgres.pid) == (postgres.url, pid)


def test_another_object_stands_for_the_same_server(postgres):
    other = Postgres(postgres.directory)

    assert (other.url, other.pid, other.is_ready) == (postgres.url, postgres.pid, True)


def test_a_crashed_postgres_comes_back_at_the_same_address_with_what_was_committed(postgres):
    url = postgres.url
    postgres.crash()
    gone = postgres.pid

    assert gone is None
    assert postgres.start(durable=False) == url
    with psycopg.connect(url) as connection:
        assert connection.execute(KEPT).fetchone() == ("committed",)


def test_a_killed_postgres_starts_again_although_its_pid_file_is_there(postgres):
    with psycopg.connect(postgres.url, autocommit=True) as busy:
        os.kill(postgres.pid, signal.SIGKILL)
        assert wait_until(lambda: postgres.pid is None, seconds=60)

        postgres.start(durable=False)

        with pytest.raises(psycopg.OperationalError):
            busy.execute(KEPT)
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute(KEPT).fetchone() == ("committed",)


def test_a_pid_file_that_names_another_process_is_stale(postgres):
    postgres.stop()
    pid_file = postgres.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{postgres.data}\n\n5432\n\n\n\nready\n")

    believed = (postgres.pid, postgres.is_ready)
    postgres.start(durable=False)

    assert believed == (None, False)
    assert postgres.pid not in (None, os.getpid())


def test_nobody_else_gets_into_postgres(postgres):
    sockets = postgres.sockets.stat()

    with psycopg.connect(postgres.url) as connection:
        (listening,) = connection.execute("SHOW listen_addresses").fetchone()

    assert listening == ""
    assert stat.S_IMODE(sockets.st_mode) & 0o077 == 0


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(tmp_path):
    deep = tmp_path / ("long" * 30)
    deep.mkdir(parents=True)

    sockets = Postgres(deep / "postgres").sockets

    assert len(str(sockets)) < 80
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    sockets.rmdir()


def test_a_killed_valkey_comes_back_at_the_same_address_and_empty(valkey):
    url = valkey.url
    with Redis.from_url(url) as redis:
        redis.set("key", "value")
    valkey.crash()
    gone = valkey.pid

    assert gone is None
    assert valkey.start() == url
    with Redis.from_url(url) as redis:
        assert redis.get("key") is None


def test_valkey_asks_for_a_password_that_only_we_can_read(valkey):
    with Redis(port=valkey.port) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()

    assert stat.S_IMODE(valkey.configuration.stat().st_mode) == 0o600


def test_valkey_moves_where_its_port_was_taken_meanwhile(valkey):
    valkey.stop()
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", valkey.port))
        thief.listen()

        valkey.start()

        assert valkey.port != thief.getsockname()[1]
        with Redis.from_url(valkey.url) as redis:
            assert redis.ping()

"""SIGHUP brings new code without losing a request; code that does not start changes nothing."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from config.embedded.valkey import free_port
from tests.support.http import call
from tests.support.stack import ROOT, wait_for

pytestmark = pytest.mark.timeout(150)

APPLICATION = """
NAME = {name!r}
assert NAME != "broken"

def application(environ, start):
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(NAME)))])
    return [NAME.encode()]
"""
SERVER = """
from granian.constants import Interfaces
from granian.log import LogLevels
from ops.serving import PatientServer
if __name__ == "__main__":
    PatientServer(
        "shop:application", interface=Interfaces.WSGI, port={port}, workers=2, blocking_threads=2,
        respawn_failed_workers=True, workers_kill_timeout=10, log_level=LogLevels.warning,
    ).serve()
"""


class Server:
    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.install("first")
        (home / "server.py").write_text(SERVER.format(port=self.port))
        env = os.environ | {"PYTHONPATH": f"{ROOT}:{home}", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, str(home / "server.py")], cwd=home, env=env, start_new_session=True
        )
        wait_for(lambda: self.answer() == "first", seconds=60, what="the first answer")

    def install(self, name: str) -> None:
        half = self.home / "half"
        half.write_text(APPLICATION.format(name=name))
        half.replace(self.home / "shop.py")

    def answer(self) -> str | None:
        with suppress(OSError):
            return call(self.port, "GET", "/").text
        return None

    def answers(self) -> set[str | None]:
        return {self.answer() for _ in range(20)}

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)


class Visitor:
    """Keeps its connection, and opens another one when the server has closed it between calls."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def answer(self) -> str | None:
        for _ in range(2):
            try:
                self.connection.request("GET", "/")
                return self.connection.getresponse().read().decode()
            except ConnectionError:
                self.connection.close()
        return None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def test_new_code_comes_without_a_lost_request(server: Server):
    seen: list[str | None] = []
    stop = threading.Event()
    visitor = Visitor(server.port)

    def ask() -> None:
        while not stop.is_set():
            seen.append(visitor.answer())

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for name in ("second", "third"):
            server.install(name)
            server.reload()
            wait_for(lambda new=name: server.answers() == {new}, seconds=60, what=name)
    finally:
        stop.set()
        asking.join(60)

    assert set(seen) == {"first", "second", "third"}
    assert None not in seen


def test_code_that_does_not_start_leaves_the_old_one_serving(server: Server):
    server.install("broken")
    server.reload()
    with pytest.raises(AssertionError):  # it is given time to do harm
        wait_for(lambda: server.answers() - {None, "first"}, seconds=4, what="harm")
    assert "first" in server.answers()

    server.install("repaired")
    server.reload()

    wait_for(lambda: server.answers() == {"repaired"}, seconds=60, what="the repaired code")

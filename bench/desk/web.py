"""A web server as the product's own, and load on it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.common import ROOT
from config.embedded.valkey import free_port

PRODUCT = "config.wsgi:application"
PEER = "bench.peer.wsgi:application"
HERE = Path(__file__).resolve().parent


class Load(NamedTuple):
    """What came of a load; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p95: float
    p99: float
    refused: int
    lost: int

    @property
    def rate(self) -> float:
        """Return the answers a second; a contender that refuses or loses calls has none."""
        if self.refused or self.lost:
            raise SystemExit(f"{self.refused} calls were refused, {self.lost} lost")
        return self.requests / self.seconds


@contextmanager
def served(application: str, **environment: str) -> Iterator[int]:
    """Serve a WSGI application as the Procfile does, 2 workers of 4 threads; give its port."""
    port = free_port()
    options = ("--interface", "wsgi", "--port", str(port), "--workers", "2", "--no-ws")
    threads = ("--blocking-threads", "4", "--log-level", "warning", "--no-access-log")
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *options, *threads, application],
        cwd=ROOT,
        env=os.environ | environment,
        start_new_session=True,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the web server does not start")


def get(port: int, path: str, token: str) -> dict[str, object]:
    """Return the JSON of a GET; the server may still be starting."""
    _wait_for(port)
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def load(
    port: int,
    paths: list[str],
    token: str,
    *,
    seconds: int,
    connections: int = 16,
    body: dict[str, object] | None = None,
    key: str = "",
    etag: str = "",
) -> Load:
    """Call the paths in turn over so many connections; wrk does it where it is installed."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(paths) + "\n")
        file.flush()
        env = os.environ | {"LOAD_PATHS": file.name, "LOAD_TOKEN": token, "LOAD_METHOD": "GET"}
        if etag:
            env |= {"LOAD_ETAG": etag}
        if body is not None:
            env |= {"LOAD_METHOD": "POST", "LOAD_BODY": json.dumps(body), "LOAD_KEY": key}
        command = _command(port, connections, seconds)
        done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return Load(**json.loads(done.stdout.splitlines()[-1]))


def _command(port: int, connections: int, seconds: int) -> list[str]:
    if wrk := shutil.which("wrk"):
        sizes = [f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s"]
        return [wrk, *sizes, "-s", str(HERE / "load.lua"), f"http://127.0.0.1:{port}"]
    return [sys.executable, str(HERE / "client.py"), str(port), str(connections), str(seconds)]

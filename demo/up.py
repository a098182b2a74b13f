"""
Start everything, run the main job on the sample workbook, say where to look: `make up`.

`PORT` chooses the port; with `DETACH=1` it returns when the batch is done.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console

from config.embedded import Postgres, ServerDidNotStart, Valkey
from config.embedded.processes import wait_until
from config.embedded.valkey import is_free
from config.env import BASE_DIR, VAR_DIR
from demo import batch, stack
from demo.card import add_to_card, read_card
from demo.client import CallFailed, Client
from demo.local_env import is_external, save_local_env, settings_for

console = Console()
CORRECTED = VAR_DIR / "corrected.xlsx"
READY_WITHIN = 90


def start() -> bool:
    """Start the stack; return False where it runs already."""
    port = _port()
    with _alone():
        if stack.is_running():
            console.print(f"Backroom is running already at {read_card().get('url')}.")
            return False
        _start_stack(port)
    return True


def run_batch() -> bool:
    """Run the main job, or show the one that ran; return whether it got to its end."""
    try:
        _run_batch()
    except (CallFailed, batch.BatchStuck) as failure:
        console.print(f"The batch did not run: {failure}", markup=False, soft_wrap=True)
        console.print(f"Everything else is up; the logs are in {stack.LOGS}.", soft_wrap=True)
        return False
    return True


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise stack.StackFailed(f"PORT={text} is not a port number.")
    return int(text)


@contextmanager
def _alone() -> Iterator[None]:
    """Let a second `make up` wait until the first one has started everything."""
    try:
        VAR_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = (VAR_DIR / "up.lock").open("w")
    except PermissionError:
        raise stack.StackFailed(
            f"{VAR_DIR} belongs to another user; run `make clean` as that user first."
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_stack(port: int) -> None:
    if left := stack.stop():
        console.print(f"Ended {left} processes that an earlier run left behind.")
    if not is_free(port):
        raise stack.StackFailed(
            f"Port {port} is taken; choose another one: make up PORT={port + 1}"
        )
    started = time.monotonic()
    servers, postgres, valkey = _servers()
    settings = settings_for(port=port, servers=servers)
    save_local_env(settings)
    stack.configure(name for name, here in (("postgres", postgres), ("valkey", valkey)) if here)
    stack.start(settings)
    try:
        _fill(port, settings, [server for server in (postgres, valkey) if server is not None])
    except stack.StackFailed:
        stack.stop()
        raise
    console.print(f"Ready after {time.monotonic() - started:.1f} s")


def _fill(port: int, settings: dict[str, str], servers: list[Postgres | Valkey]) -> None:
    """Wait for the servers, load the database, and start everything else."""
    for server in servers:
        if not wait_until(partial(getattr, server, "is_ready"), seconds=30):
            stack.check_health()
            raise stack.StackFailed(
                f"The server in {server.directory} is not ready after 30 seconds."
            )
    console.print("Loading the database")
    load = [sys.executable, "-m", "demo.load"]
    if subprocess.run(load, cwd=BASE_DIR, env=stack.environment(settings), check=False).returncode:
        raise stack.StackFailed("The database could not be loaded; see above.")
    stack.start_rest()
    _wait_until_ready(f"http://127.0.0.1:{port}/api/health/ready")


def _servers() -> tuple[dict[str, str], Postgres | None, Valkey | None]:
    """Prepare a server for each address that nobody has given us."""
    addresses: dict[str, str] = {}
    postgres = valkey = None
    if not is_external("DATABASE_URL"):
        postgres = Postgres(VAR_DIR / "postgres")
        console.print("Preparing PostgreSQL")
        postgres.prepare()
        addresses["DATABASE_URL"] = postgres.url
    if not is_external("REDIS_URL"):
        valkey = Valkey(VAR_DIR / "valkey")
        valkey.prepare()
        addresses["REDIS_URL"] = valkey.url
    return addresses, postgres, valkey


def _wait_until_ready(url: str) -> None:
    give_up_at = time.monotonic() + READY_WITHIN
    while not _answers_well(url):
        stack.check_health()
        if time.monotonic() > give_up_at:
            raise stack.StackFailed(
                f"{url} is not ready after {READY_WITHIN} seconds; see {stack.LOGS}."
            )
        time.sleep(0.1)


def _answers_well(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _run_batch() -> None:
    card = read_card()
    client = Client(card["url"], card["api_key"])
    job_id = card.get("job_id")
    if job_id is None or not _knows(client, job_id):
        job_id = batch.submit(
            client,
            session_id=card["session_id"],
            workbook=Path(card["workbook"]),
            console=console,
        )
        add_to_card(job_id=job_id)
    console.print(batch.summary(batch.watch(client, job_id, console)))
    client.download(f"/api/jobs/{job_id}/corrected.xlsx", CORRECTED)


def _knows(client: Client, job_id: str) -> bool:
    try:
        client.get(f"/api/jobs/{job_id}")
    except CallFailed:
        return False
    return True


def _tell() -> None:
    card = read_card()
    url = card["url"]
    if CORRECTED.is_file():
        console.print(f"Corrected workbook  {CORRECTED}", highlight=False, soft_wrap=True)
    console.print(
        f"Admin               {url}/admin/   {card['admin_user']} / {card['admin_password']}"
        f"\nFeedback page       {card['feedback_url']}"
        f"\nAPI documents       {url}/api/docs"
        f"\nHealth, metrics     {url}/api/health   {url}/api/metrics/prometheus"
        f"\nAPI key, passwords  {VAR_DIR / 'demo.json'}"
        f"\nLogs                {stack.LOGS}"
        "\nStop                make down\n",
        highlight=False,
        soft_wrap=True,
    )


def _follow() -> None:
    console.print("Following the logs; Ctrl-C stops everything.")
    for name, line in stack.follow(["web", "relay", "worker", "tasks", "beat", "partner"]):
        console.print(f"{name:8} {line}", markup=False, highlight=False, soft_wrap=True)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means it
        signal.signal(signal.SIGHUP, _interrupt)
    in_foreground = os.environ.get("DETACH", "") in ("", "0")
    started = True
    try:
        started = start()
        went_well = run_batch()
        _tell()
        if started and in_foreground:
            _follow()
            stack.stop()
    except KeyboardInterrupt:
        if started:
            console.print("\nStopping")
            stack.stop()
        return 0
    except (stack.StackFailed, ServerDidNotStart) as failure:
        console.print(str(failure), markup=False, highlight=False, soft_wrap=True)
        return 1
    return 0 if went_well else 1


if __name__ == "__main__":
    sys.exit(main())

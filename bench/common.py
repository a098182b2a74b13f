"""What every measurement shares: servers of its own, interleaved runs, one line of JSON at last."""

import atexit
import json
import os
import platform
import secrets
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_name("results")
MIB = 1024 * 1024


def start_house() -> None:
    """Start a durable PostgreSQL and a Valkey that end with us, and Django on top of them."""
    from config import embedded

    home = Path(tempfile.mkdtemp(prefix="backroom-bench-"))
    home.chmod(0o755)
    postgres, valkey = embedded.Postgres(home / "postgres"), embedded.Valkey(home / "valkey")

    def stop() -> None:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(stop)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left behind
    for name in ("DJANGO_SECRET_KEY", "JWT_SIGNING_KEY", "FIELD_ENCRYPTION_KEYS"):
        os.environ[name] = secrets.token_hex(32)
    os.environ |= {
        "DATABASE_URL": postgres.start(),
        "REDIS_URL": valkey.start(),
        "BACKROOM_VAR": str(home / "var"),
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        # Counted as ever, but a measurement asks more than any caller may.
        "RATE_LIMIT_PER_ADDRESS": "1000000",
        "RATE_LIMIT_PER_USER": "1000000",
        "RATE_LIMIT_PER_KEY": "1000000",
    }
    _set_up_django()


def _set_up_django() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def interleave(contenders: dict[str, Callable[[], float]], *, rounds: int) -> dict[str, float]:
    """Run the contenders in turn, a warm-up round first; return each one's median."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            figure = run()
            if number:
                taken[name].append(figure)
            print(f"  {'round ' + str(number) if number else 'warm-up':8} {name:28} {figure:10.3f}")
    return {name: statistics.median(figures) for name, figures in taken.items()}


class Timer:
    """Seconds that a block took."""

    seconds = 0.0

    def __enter__(self) -> "Timer":
        self._begun = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._begun


class PeakMemory:
    """The most memory that we and our child processes held in the block, servers not counted."""

    def __init__(self, every: float = 0.01) -> None:
        self.mib = 0.0
        self._every = every
        self._stop = threading.Event()
        self._ours = psutil.Process()
        self._others = {child.pid for child in self._ours.children(recursive=True)}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            self.mib = max(self.mib, self._held() / MIB)

    def _held(self) -> int:
        held = self._ours.memory_info().rss
        for child in self._ours.children(recursive=True):
            if child.pid not in self._others:
                try:
                    held += child.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
        return held


def publish(
    bench: str,
    *,
    value: float,
    unit: str,
    peer: str,
    peer_value: float,
    ratio: float,
    goal: float,
    **more: float,
) -> None:
    """Write the result to `results/<bench>.json` and print it last; a high ratio is good."""
    result = {
        "bench": bench,
        "value": round(value, 4),
        "unit": unit,
        "peer": peer,
        "peer_value": round(peer_value, 4),
        "ratio": round(ratio, 3),
        "goal": goal,
        **{name: round(figure, 3) for name, figure in more.items()},
        "machine": machine(),
    }
    line = json.dumps(result)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{bench}.json").write_text(line + "\n", encoding="utf-8")
    sys.stdout.flush()
    print(line)


def machine() -> str:
    """Return where this was measured."""
    return (
        f"{os.cpu_count()} cores, {psutil.virtual_memory().total // 1024**3} GiB,"
        f" {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )

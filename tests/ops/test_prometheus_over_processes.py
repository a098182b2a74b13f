"""Several granian workers behind one port: each scrape tells the same sums."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, urlopen

import psutil
import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from config.embedded.valkey import free_port
from tests.core.outbox_world import eventually

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "scrape-me-0123456789abcdef"

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def granian(directory):
    port = free_port()
    here = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(here._replace(path=f"/{connection.settings_dict['NAME']}")),
        "PROMETHEUS_MULTIPROC_DIR": str(directory),
        "METRICS_TOKEN": TOKEN,
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"]
    options = ["--workers", "2", "--respawn-failed-workers", "--port", str(port)]
    process = subprocess.Popen([*command, *options], cwd=ROOT, env=environment)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        process.terminate()
        _gone, alive = psutil.wait_procs(family, timeout=10)
        for left in alive:
            left.kill()
        process.wait(timeout=60)


def get(url):
    request = Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(request, timeout=10) as response:
        return response.read().decode()


def answers(url):
    try:
        return bool(get(url))
    except OSError:
        return False


def patiently(ask):
    """Ask again where the connection was one of those that a killed worker had taken."""
    for _ in range(20):
        with suppress(OSError):
            return ask()
        time.sleep(0.1)
    return ask()


def calls_of_live(base):
    text = get(f"{base}/api/metrics/prometheus")
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "django_http_responses_total_by_status_view_method_total"
        and sample.labels["view"] == "ops:live"
    )


def workers_with_figures(directory):
    return {path.stem.rpartition("_")[2] for path in directory.glob("counter_*.db")} - {"ended"}


def test_every_worker_tells_the_sum_of_all_and_a_dead_one_is_not_forgotten(tmp_path):
    with granian(tmp_path) as base:
        live = f"{base}/api/health/live"
        assert eventually(lambda: answers(live), seconds=60)
        assert eventually(lambda: len(workers_with_figures(tmp_path)) == 2, seconds=60)
        before = calls_of_live(base)
        for _ in range(20):
            get(live)
        sums = {calls_of_live(base) for _ in range(10)}

        ended, other = workers_with_figures(tmp_path)
        os.kill(int(ended), signal.SIGKILL)
        assert eventually(lambda: answers(live), seconds=60)
        counted = patiently(lambda: calls_of_live(base))
        known = {ended, other}
        assert eventually(lambda: workers_with_figures(tmp_path) - known, seconds=60)
        assert eventually(lambda: _is_folded(base, tmp_path, ended), seconds=60)

        assert sums == {before + 20}
        assert counted == before + 21
        assert patiently(lambda: calls_of_live(base)) == counted


def _is_folded(base, directory, worker):
    patiently(lambda: calls_of_live(base))  # a scrape adds up what ended processes have counted
    return worker not in workers_with_figures(directory)

"""The Procfile names the processes; whatever starts them starts the same ones."""

import subprocess
from pathlib import Path

from demo.process import procfile

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "ops" / "run"


def test_every_process_replaces_its_shell_so_that_signals_reach_it():
    commands = procfile()

    assert set(commands) == {"web", "events", "relay", "worker", "tasks", "beat"}
    assert [name for name, command in commands.items() if not command.startswith("exec ")] == []


def test_compose_and_systemd_know_every_process():
    compose = (ROOT / "docker-compose.yml").read_text()
    units = (ROOT / "ops" / "systemd" / "backroom@.service").read_text()

    missing = [name for name in procfile() if f"\n    command: [{name}]\n" not in compose]
    unnamed = [name for name in procfile() if f"backroom@{name}" not in units]

    assert (missing, unnamed) == ([], [])


def test_ops_run_becomes_the_named_process_and_runs_anything_else_as_it_is(tmp_path):
    stub = tmp_path / "python"
    stub.write_text('#!/bin/sh\necho "became: $*"\n')
    stub.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    def said(*words):
        done = subprocess.run([RUN, *words], env=environment, capture_output=True, check=True)
        return done.stdout.decode().strip()

    assert said("relay") == "became: manage.py relay"
    assert said("python", "manage.py", "migrate") == "became: manage.py migrate"

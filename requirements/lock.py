"""
Compile the `.in` files to `.txt` with hashes: `make lock`; `--upgrade` takes newer versions.

`--check` tells, without a network, whether each `.txt` was made from the `.in` files beside it.
"""

import subprocess
import sys
import venv
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parent / "var" / "lock-tools"
UV = "uv==0.13.9"
OLDEST_PYTHON = "3.11"
# `dev` first: the others take its versions, so that one virtual environment serves all of them.
NAMES = ("dev", "demo", "base", "prod")


def digest_of(name: str) -> str:
    """Return a digest of a source and of all that it includes."""
    text = (HERE / f"{name}.in").read_text()
    included = [line.split()[1] for line in text.splitlines() if line.startswith("-r ")]
    parts = [text, *(digest_of(Path(file).stem) for file in included)]
    return sha256("".join(parts).encode()).hexdigest()


def header_of(name: str) -> str:
    """Return the first lines of a compiled file."""
    return f"# Made by `make lock` from {name}.in.\n# Sources: sha256 {digest_of(name)}\n"


def stale_names() -> list[str]:
    """Return the names whose compiled file does not belong to its source."""
    return [
        name
        for name in NAMES
        if not (HERE / f"{name}.txt").is_file()
        or not (HERE / f"{name}.txt").read_text().startswith(header_of(name))
    ]


def compile_all(options: list[str]) -> None:
    """Compile every source for all Pythons from the oldest on."""
    uv = _installed_uv()
    for name in NAMES:
        output = HERE / f"{name}.txt"
        command = [uv, "pip", "compile", f"{name}.in", "--output-file", f"{name}.txt"]
        command += ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"]
        command += ["--no-header", "--quiet", *options]
        if name != "dev":
            command += ["--constraints", "dev.txt"]
        subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.DEVNULL)
        output.write_text(header_of(name) + output.read_text())
        print(f"requirements/{name}.txt is up to date")


def _installed_uv() -> str:
    if not (TOOLS / "bin" / "uv").exists():
        venv.create(TOOLS, with_pip=True, clear=True)
        python = str(TOOLS / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", UV], check=True)
    return str(TOOLS / "bin" / "uv")


def main() -> None:
    if sys.argv[1:] != ["--check"]:
        compile_all(sys.argv[1:])
    elif names := stale_names():
        files = ", ".join(f"requirements/{name}.txt" for name in names)
        raise SystemExit(f"{files} was not made from its .in file: run `make lock`.")


if __name__ == "__main__":
    main()

"""Whether every requirement is pinned to one version, with hashes, and names no index."""

import re
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[\w,-]+\])?==\S+( ; .+)?( --hash=sha256:[0-9a-f]{64})+$")


def complaints(text: str) -> list[str]:
    """Return the requirements of a compiled file that could change by themselves."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s+", " ", "\n".join(lines)).splitlines()
    return [line[:80] for line in joined if line.strip() and not PINNED.match(line.strip())]


def main() -> None:
    found = {file.name: complaints(file.read_text()) for file in REQUIREMENTS.glob("*.txt")}
    for name, lines in sorted(found.items()):
        for line in lines:
            print(f"requirements/{name}: not pinned with hashes: {line}")
    if not found or any(found.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

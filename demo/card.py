"""`var/demo.json`: where the demo is and how to sign in, for people and for scripts."""

import json
from typing import Any

from config.env import VAR_DIR
from demo.local_env import write_private

CARD = VAR_DIR / "demo.json"


def read_card() -> dict[str, Any]:
    """Return what is known so far."""
    return dict(json.loads(CARD.read_text())) if CARD.is_file() else {}


def add_to_card(**facts: str) -> dict[str, Any]:
    """Write these facts down beside the others; return all of them."""
    card = read_card() | facts
    write_private(CARD, json.dumps(card, indent=2) + "\n")
    return card

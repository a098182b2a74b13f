"""Whom a list can let in: a person's address, or a domain as a whole."""

import re

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_ADDRESS = re.compile(rf"[^\s@,\0]{{1,64}}@{_DOMAIN.pattern}")
# Anybody may have an address there: such a domain would admit the whole world.
_OF_ALL = frozenset({"gmail.com", "googlemail.com"})


def complaint_about(domain: str) -> str | None:
    """Return what speaks against letting everybody of this domain in, if anything does."""
    if not _DOMAIN.fullmatch(domain):
        return f"{domain} is not a domain like shop.example."
    if domain in _OF_ALL:
        return f"Anybody can have an address at {domain}. Name single ones."
    return None


def complaint_about_address(address: str) -> str | None:
    """Return what speaks against this being one person's address."""
    if _ADDRESS.fullmatch(address):
        return None
    return f"{address} is not an address like rosa@shop.example."

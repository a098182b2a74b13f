"""Secrets that people carry: random, shown once, stored as a digest."""

import hashlib
import secrets


def new_token(prefix: str = "") -> str:
    """Return 256 random bits as URL-safe text behind the prefix."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """Return what we store: SHA-256, enough for a token of full entropy."""
    return hashlib.sha256(token.encode()).digest()

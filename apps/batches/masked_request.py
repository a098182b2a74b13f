"""A request as people may see it: complete, but with its secrets masked."""

import shlex

from apps.batches.engine.courier import auth_headers
from apps.batches.models import BatchSession

MASK = "••••"
NOT_SECRET = {"X-User-Id"}


def masked_headers(session: BatchSession) -> dict[str, str]:
    """Return the headers of a session's calls; of a login only its scheme is left."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    for name, value in auth_headers(session).items():
        scheme, space, _ = value.partition(" ")
        masked = f"{scheme} {MASK}" if name == "Authorization" and space else MASK
        headers[name] = value if name in NOT_SECRET else masked
    return headers


def masked_curl(session: BatchSession, *, body: str, key: str | None) -> str:
    """Return the call as a command for a shell, without the secrets that would make it work."""
    headers = masked_headers(session)
    if key and session.idempotency_header:
        headers[session.idempotency_header] = key
    lines = [f"curl -X {session.method} {shlex.quote(session.api_url)}"]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines.append(f"  --data-binary {shlex.quote(body)}")
    return " \\\n".join(lines)

"""A Google of one's own: publishes keys, signs tokens, shows people in; and can be taken down."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from django.utils import timezone

CLIENT = "desk-client.apps.googleusercontent.com"
SECRET = "GOCSPX-of-a-test"
MIRA = {
    "sub": "110022",
    "email": "mira@shop.example",
    "email_verified": True,
    "hd": "shop.example",
    "name": "Mira Patel",
    "picture": "https://lh3.googleusercontent.com/a/mira",
}


@lru_cache(maxsize=8)
def private_key(number: int = 0) -> RSAPrivateKey:
    """Return one of a few keys that are made once a run."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(kid: str, key: RSAPrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"kid": kid, "use": "sig", "alg": "RS256"}


@dataclass
class Visit:
    """A browser at Google's page: what it came with, and what it was given."""

    asked: dict[str, str]
    code: str
    claims: dict[str, Any]


@dataclass
class FakeGoogle:
    """Its keys by name, the people behind codes, and what it was asked."""

    keys: dict[str, RSAPrivateKey] = field(default_factory=lambda: {"march": private_key(0)})
    asked_for_keys: int = 0
    asked_for_tokens: list[dict[str, str]] = field(default_factory=list)
    visits: dict[str, Visit] = field(default_factory=dict)
    answer_keys: bytes | None = None
    latency: float = 0.0
    seen_at: list[float] = field(default_factory=list)
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    # --- what it is

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "GOOGLE_SIGN_IN": True,
            "GOOGLE_CLIENT_IDS": [CLIENT],
            "GOOGLE_CLIENT_SECRET": SECRET,
            "GOOGLE_JWKS_URL": f"{self.url}/certs",
            "GOOGLE_AUTH_URL": f"{self.url}/auth",
            "GOOGLE_TOKEN_URL": f"{self.url}/token",
        }

    def up(self) -> None:
        google = self

        class Handler(_Handler):
            fake = google

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port, self._server = server.server_port, server
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    # --- tokens

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(timezone.now().timestamp())
        known = {"iss": "https://accounts.google.com", "aud": CLIENT, "azp": CLIENT}
        return MIRA | known | {"iat": now, "exp": now + 3600} | changed

    def token(
        self,
        *,
        kid: str | None = "march",
        key: Any = None,
        algorithm: str = "RS256",
        without: tuple[str, ...] = (),
        headers: dict[str, Any] | None = None,
        **changed: Any,
    ) -> str:
        claims = {
            name: value for name, value in self.claims(**changed).items() if name not in without
        }
        header = ({} if kid is None else {"kid": kid}) | (headers or {})
        signing = self.keys.get(kid or "march", private_key(0)) if key is None else key
        # Not `jwt.encode`, which has opinions of its own about claims.
        return jwt.api_jws.encode(json.dumps(claims).encode(), signing, algorithm, header)

    # --- the page on which people choose their account

    def visit(self, address: str, **claims: Any) -> str:
        """Let somebody sign in who was sent to this address; return where they are sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(16)
        self.visits[code] = Visit(asked, code, claims)
        return f"{asked['redirect_uri']}?state={asked['state']}&code={code}"

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked_for_tokens.append(form)
        visit = self.visits.pop(form.get("code", ""), None)
        if visit is None or not self._may_exchange(visit, form):
            return 400, {"error": "invalid_grant"}
        token = self.token(**({"nonce": visit.asked.get("nonce")} | visit.claims))
        return 200, {"access_token": "ya29.x", "token_type": "Bearer", "id_token": token}

    @staticmethod
    def _may_exchange(visit: Visit, form: dict[str, str]) -> bool:
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        return (
            visit.asked.get("code_challenge_method") == "S256"
            and visit.asked.get("code_challenge") == challenge
            and form.get("redirect_uri") == visit.asked["redirect_uri"]
            and (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        )


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGoogle

    def do_GET(self) -> None:
        self.fake.asked_for_keys += 1
        self.fake.seen_at.append(time.monotonic())
        time.sleep(self.fake.latency)
        if self.fake.answer_keys is not None:
            return self._answer(200, self.fake.answer_keys)
        keys = [public_jwk(kid, key) for kid, key in self.fake.keys.items()]
        return self._answer(200, json.dumps({"keys": keys}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        status, answer = self.fake.exchange(form)
        self._answer(status, json.dumps(answer).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running_google() -> Iterator[FakeGoogle]:
    google = FakeGoogle()
    google.up()
    try:
        yield google
    finally:
        google.down()

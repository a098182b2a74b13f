"""
A pharmacy-claims partner for the demo: `python -m demo.partner --port 8090`.

It behaves as such partners do: it checks who calls and what they send, limits the rate, is slow or
down at times, and answers a repeated Idempotency-Key with its first answer.
"""

import argparse
import asyncio
import base64
import hmac
import json
import os
import time
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from aiohttp import web

from demo.checks import USER_ACTIONS, number_of, rule_errors, shape_errors
from demo.hiccups import Memory, TokenBucket, hiccup_of
from demo.reference import FILED_IN_FEBRUARY, PAYERS

REMEMBERED = 100_000
LARGEST_BODY = 64 * 1024
DEFAULT_SEED = 2028  # of the sample claims, 13 pass at a later try and 6 never
DEFAULT_RATE = 100.0
DEFAULT_BURST = 200


class Answer(NamedTuple):
    """A status and a JSON body, kept to be given again."""

    status: int
    body: dict[str, Any]


class Kept(NamedTuple):
    """An answer and the digest of the claim it answered."""

    digest: str
    answer: Answer


class Partner:
    """The partner's books: claims filed, keys seen, attempts made."""

    def __init__(self, *, user: str, api_key: str, seed: int, bucket: TokenBucket) -> None:
        credentials = base64.b64encode(f"{user}:{api_key}".encode())
        self._authorization = b"Basic " + credentials
        self._seed = seed
        self._bucket = bucket
        self._attempts: Memory[int] = Memory(REMEMBERED)
        self._answers: Memory[Kept] = Memory(REMEMBERED)
        self._filed: Memory[Kept] = Memory(REMEMBERED)
        for number in FILED_IN_FEBRUARY:
            self._filed.put(number, Kept("filed in February", _accepted(number)))

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "up", "claims": len(self._filed)})

    async def submit(self, request: web.Request) -> web.Response:
        if not self._knows(request.headers.get("Authorization", "")):
            return _unauthorized()
        if not self._bucket.take():
            return _too_many_requests()
        claim = _claim_in(await request.read())
        if claim is None:
            return _respond(Answer(400, {"message": "The body is not a JSON object"}))
        number = str(claim.get("requestId", ""))
        hiccup = hiccup_of(number, seed=self._seed)
        if self._next_attempt(number) <= hiccup.outages:
            return _respond(Answer(503, {"message": "The adjudication system is not available"}))
        replayed, answer = self._answer_once(request, claim, number)
        # Only the answer is late: whoever gives up waiting has filed the claim all the same.
        await asyncio.sleep(hiccup.delay)
        return _respond(answer, headers={"Idempotency-Replayed": "true"} if replayed else None)

    def _knows(self, authorization: str) -> bool:
        return hmac.compare_digest(authorization.encode(errors="replace"), self._authorization)

    def _next_attempt(self, number: str) -> int:
        attempt = (self._attempts.get(number) or 0) + 1
        self._attempts.put(number, attempt)
        return attempt

    def _answer_once(
        self, request: web.Request, claim: dict[str, Any], number: str
    ) -> tuple[bool, Answer]:
        key, digest = request.headers.get("Idempotency-Key"), _digest(claim)
        if key is None:
            return False, self._answer(request.method, claim, number, digest)
        if kept := self._answers.get(key):
            if kept.digest == digest:
                return True, kept.answer
            return False, Answer(409, {"message": "This key came with another claim before"})
        answer = self._answer(request.method, claim, number, digest)
        self._answers.put(key, Kept(digest, answer))
        return False, answer

    def _answer(self, method: str, claim: dict[str, Any], number: str, digest: str) -> Answer:
        if errors := shape_errors(claim):
            return Answer(400, {"message": errors[0]["message"], "errors": errors})
        if number_of(claim["payerId"]) not in PAYERS:
            return _not_contracted(claim["payerId"])
        if errors := rule_errors(claim, today=datetime.now(UTC).date()):
            guidance = USER_ACTIONS[errors[0]["field"]]
            return Answer(
                422, {"message": errors[0]["message"], "errors": errors, "userAction": guidance}
            )
        return self._file(method, number, digest)

    def _file(self, method: str, number: str, digest: str) -> Answer:
        filed = self._filed.get(number)
        if filed is None:
            self._filed.put(number, Kept(digest, _accepted(number)))
            return _accepted(number)
        if filed.digest == digest:
            return Answer(200, filed.answer.body)
        if method == "POST":
            return _filed_before(number, filed.answer)
        self._filed.put(number, Kept(digest, filed.answer))
        return Answer(200, filed.answer.body)


def build_app(partner: Partner) -> web.Application:
    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_get("/health", partner.health)
    for method in ("POST", "PUT", "PATCH"):
        app.router.add_route(method, "/v2/claims", partner.submit)
    return app


def _claim_in(body: bytes) -> dict[str, Any] | None:
    try:
        claim = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return claim if isinstance(claim, dict) else None


def _digest(claim: dict[str, Any]) -> str:
    return sha256(json.dumps(claim, sort_keys=True).encode()).hexdigest()


def _accepted(number: str) -> Answer:
    reference = sha256(number.encode()).hexdigest()[:8].upper()
    return Answer(201, {"accepted": True, "ref": f"A-{reference}"})


def _not_contracted(payer: object) -> Answer:
    permission = f"payer:{payer}:submit"
    message = f"You may not submit claims for payer {payer}"
    body = {"message": message, "permission": permission, "requiredPermissions": [permission]}
    return Answer(403, body)


def _filed_before(number: str, answer: Answer) -> Answer:
    message = f"Claim {number} was filed before with other contents as {answer.body['ref']}"
    return Answer(
        409,
        {"message": message, "userAction": "Give the claim a new number, or reverse the old one."},
    )


def _unauthorized() -> web.Response:
    challenge = {"WWW-Authenticate": 'Basic realm="claims"'}
    return _respond(Answer(401, {"message": "Unknown user or wrong key"}), headers=challenge)


def _too_many_requests() -> web.Response:
    return _respond(Answer(429, {"message": "Slow down"}), headers={"Retry-After": "1"})


def _respond(answer: Answer, *, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(answer.body, status=answer.status, headers=headers)


def main() -> None:
    options = _options()
    try:
        user, api_key = os.environ["PARTNER_USER"], os.environ["PARTNER_KEY"]
    except KeyError as missing:
        raise SystemExit(f"demo.partner: {missing.args[0]} is not set") from None
    bucket = TokenBucket(rate=options.rate, burst=options.burst, clock=time.monotonic)
    partner = Partner(user=user, api_key=api_key, seed=options.seed, bucket=bucket)
    web.run_app(
        build_app(partner),
        host=options.host,
        port=options.port,
        access_log=None,  # a line a claim would bury the other processes' logs
        shutdown_timeout=5,
        print=None,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo.partner", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="which claims meet a 503")
    parser.add_argument("--rate", type=float, default=DEFAULT_RATE, help="calls a second")
    parser.add_argument("--burst", type=int, default=DEFAULT_BURST, help="calls at once")
    return parser.parse_args()


if __name__ == "__main__":
    main()

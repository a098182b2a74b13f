"""One POST that may be done in one statement; everything unusual about it is for Django."""

import re
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import structlog
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, IntegrityError, connection

from apps.core.cache.answers import Headers, Produced, is_personal
from apps.core.cache.figures import WRITE
from apps.core.cache.readers import KnownReader, Reader
from apps.core.cache.tools import Tools
from apps.core.cache.versions import accounts_now
from apps.core.cache.wire import CacheAway
from apps.core.cache.writes import KnownWrite, SentPost, Written
from apps.core.client_address import address_of
from apps.core.errors import DomainError
from apps.core.idempotency import is_key
from apps.core.limits import CHARGED
from apps.core.request_id import adopt_request_id

log = structlog.get_logger(__name__)

CREATED = "201 Created"
WHOLE = re.compile(r"[1-9][0-9]{0,9}")
JSON = ("application/json", "application/json; charset=utf-8", "application/json;charset=utf-8")


class Writing:
    """Does what was asked if nothing is in the way, else lets Django do it."""

    def __init__(
        self, tools: Tools, known: KnownWrite, environ: dict[str, Any], start: Callable[..., Any]
    ) -> None:
        self._tools, self._known, self._environ, self._start = tools, known, environ, start
        self._begun = time.perf_counter()

    def answer(self) -> Iterable[bytes]:
        """Answer; what has been committed is announced by the caller."""
        # To Django's connections this is a request as any other.
        request_started.send(sender=Writing, environ=self._environ)
        try:
            headers = self._tools.shown.of(self._known.write, self._environ)
            done = self._do() if headers else None
        finally:
            request_finished.send(sender=Writing)
        if headers and done:
            return self._send(headers, *done)
        WRITE["passed"].inc()
        return self._pass_on() if headers else self._learn()

    def _do(self) -> tuple[Reader, Written] | None:
        if not self._is_usual():
            return None
        reader = self._reader()
        if reader is None or not reader.may_write(self._known.scope):
            return None
        try:
            told = self._tools.store.charge(reader.charge)
        except CacheAway:
            return None
        verdict = self._environ[CHARGED] = reader.verdict(told)
        written = self._act(reader) if verdict.allowed else None
        return (reader, written) if written else None

    def _is_usual(self) -> bool:
        get = self._environ.get
        length = get("CONTENT_LENGTH", "")
        return (
            get("CONTENT_TYPE", "").lower() in JSON
            and "HTTP_CONTENT_ENCODING" not in self._environ
            and WHOLE.fullmatch(length) is not None
            and int(length) <= self._known.write.most_bytes
            and is_key(get("HTTP_IDEMPOTENCY_KEY", ""))
        )

    def _reader(self) -> Reader | None:
        """Return who it is; whether that is still so, PostgreSQL is asked each time."""
        header = self._environ["HTTP_AUTHORIZATION"]
        known = self._tools.readers.get(header, time.time())
        try:
            accounts = accounts_now()
            if known and known.accounts == accounts:
                return known.reader
            reader = self._tools.identify(self._environ)
        except DatabaseError:
            connection.close()
            return None
        if reader:
            self._tools.readers.remember(header, KnownReader(reader, accounts))
        return reader

    def _act(self, reader: Reader) -> Written | None:
        """Do it; whatever goes wrong has changed nothing, and Django tells what it was."""
        environ = self._environ
        # Whatever the write causes, Django as well if it is to repeat it, has this request's id.
        request_id = adopt_request_id(environ.get("HTTP_X_REQUEST_ID"))
        environ["HTTP_X_REQUEST_ID"] = request_id
        try:
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = BytesIO(body)
            key = environ["HTTP_IDEMPOTENCY_KEY"]
            return self._known.write.act(SentPost(environ["PATH_INFO"], body, key, reader.user))
        except (DomainError, IntegrityError):  # refused, or the key is known
            return None
        except Exception:
            # Only an attempt: Django repeats it under the same key, and answers for its outcome.
            log.warning("write.passed_on", request_id=request_id, exc_info=True)
            return None

    def _pass_on(self) -> Iterable[bytes]:
        return self._tools.app(self._environ, self._start)  # type: ignore[no-any-return]

    def _learn(self) -> Iterable[bytes]:
        """Let Django answer, and remember which headers it sends with what it has created."""
        produced = Produced(self._tools.app, self._environ)
        produced.read()
        names = {name.lower() for name, _ in produced.headers}
        if produced.status == CREATED and not names & {"set-cookie", "idempotency-replayed"}:
            own = self._known.write.own_headers
            shared = [
                pair
                for pair in produced.headers
                if not is_personal(pair) and pair[0].lower() not in own
            ]
            self._tools.shown.learn(self._known.write, self._environ, shared)
        self._start(produced.status, produced.headers)
        return produced

    def _send(self, headers: Headers, reader: Reader, written: Written) -> Iterable[bytes]:
        body = written.json.encode()
        length = ("Content-Length", str(len(body)))
        personal = self._tools.personal_headers(self._environ)
        self._note(reader)
        self._start(CREATED, [*headers, *written.headers, *personal, length])
        return [body]

    def _note(self, reader: Reader) -> None:
        """Count it, and write the line that Django's middleware writes for a request."""
        WRITE["done"].inc()
        log.info(
            "request_finished",
            request_id=self._environ["HTTP_X_REQUEST_ID"],
            method="POST",
            path=f"/{self._known.route}",
            duration_ms=round((time.perf_counter() - self._begun) * 1000, 1),
            ip=address_of(self._environ),
            user_id=str(reader.user.pk),
            status=201,
        )

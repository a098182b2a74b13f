"""The layer before Django as web processes run it; several of them are several processes."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from apps.accounts.readers import identify_reader
from apps.core.cache.front import CacheFront

DJANGO = get_wsgi_application()


class Reply:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = int(status.split()[0])
        self.headers = {name.lower(): value for name, value in headers}
        self.all_headers = headers
        self.body = body

    @property
    def outcome(self) -> str | None:
        return self.headers.get("x-cache")


def environ_of(path: str, token: str | None, method: str = "GET", **extra: Any) -> dict[str, Any]:
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if token:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return environ | extra


class Process:
    """What a web process does: one front, and Django behind it."""

    def __init__(
        self,
        app: Any = DJANGO,
        redis_url: str | None = None,
        patience: float = 5.0,  # a busy machine must not look like a hung Redis
    ) -> None:
        self.asked_of_django = 0
        self._app = app
        self.front: Any = CacheFront(
            self._count,
            redis_url=redis_url or settings.REDIS_URL,
            identify=identify_reader,
            patience=patience,
        )

    @classmethod
    def without_cache(cls) -> "Process":
        """Return one that commits and answers, and tells Redis nothing."""
        process = cls()
        process.front = DJANGO
        return process

    def _count(self, environ: dict[str, Any], start: Any) -> Any:
        self.asked_of_django += 1
        return self._app(environ, start)

    def call(self, path: str, token: str | None, method: str = "GET", **extra: Any) -> Reply:
        return call(self.front, environ_of(path, token, method, **extra))

    def send(self, method: str, path: str, token: str, body: bytes = b"{}") -> Reply:
        return self.call(
            path,
            token,
            method,
            CONTENT_TYPE="application/json",
            CONTENT_LENGTH=str(len(body)),
            **{"wsgi.input": BytesIO(body)},
        )


def call(app: Any, environ: dict[str, Any]) -> Reply:
    told: list[Any] = []
    pieces = app(environ, lambda status, headers, exc_info=None: told.extend((status, headers)))
    try:
        body = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    return Reply(told[0], told[1], body)

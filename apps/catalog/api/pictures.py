"""The pictures themselves: public, because a browser's <img> sends no token; never changing."""

import re
from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.http.response import HttpResponseNotModified

from apps.catalog.pictures.keeping import FOLDER
from apps.catalog.pictures.picture import TYPE_OF
from apps.catalog.pictures.thumbnail import thumbnail_path
from apps.core.api.errors import not_found, plain_error

NAME = re.compile(r"[0-9a-f]{32}\.(?:jpg|png|gif|webp)")
YEAR = 365 * 24 * 3600
NOT_YET = 30  # seconds until the small version has surely been drawn


def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer a picture, or with `?size=small` its small version as soon as there is one."""
    if request.method not in ("GET", "HEAD"):
        refusal = plain_error(request, "Pictures are only read.", "method_not_allowed", 405)
        refusal["Allow"] = "GET, HEAD"
        return refusal
    if not NAME.fullmatch(name):
        return not_found(request)
    path = f"{FOLDER}/{name}"
    wants_small = request.GET.get("size") == "small"
    etag = f'"{name}{"-small" if wants_small else ""}"'
    if request.headers.get("If-None-Match") == etag:
        return _described(HttpResponseNotModified(), etag, YEAR)
    if wants_small and (response := _file(thumbnail_path(path))):
        return _described(response, etag, YEAR)
    if response := _file(path):
        # The large one stands in for the small one; nobody should remember that for long.
        return _described(response, "" if wants_small else etag, NOT_YET if wants_small else YEAR)
    return not_found(request)


def _file(path: str) -> FileResponse | None:
    try:
        file = default_storage.open(path)
    except FileNotFoundError:
        return None
    return FileResponse(file, content_type=TYPE_OF[PurePosixPath(path).suffix[1:]])


def _described(response: HttpResponseBase, etag: str, seconds: int) -> HttpResponseBase:
    if etag:
        response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={seconds}" + ", immutable" * (seconds == YEAR)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # the desk lives elsewhere
    response["X-Content-Type-Options"] = "nosniff"
    return response

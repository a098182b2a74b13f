"""Stored files as downloads: whole or a range of them, always as an attachment."""

import re
from collections.abc import Iterator
from typing import IO
from urllib.parse import quote

from django.core.files.storage import default_storage
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from rest_framework.request import Request

from apps.core.errors import Gone

BLOCK = 256 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
NOT_PLAIN = re.compile(r'[^ !#-\[\]-~]|"')


class FileGone(Gone):
    """The file is no longer kept."""

    code = "result_expired"


def attachment(name: str) -> str:
    """Return the header that names a download, for old clients and for all letters."""
    plain = NOT_PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def download(
    request: Request, *, path: str, name: str, content_type: str, digest: str
) -> HttpResponseBase:
    """
    Answer with a stored file; object storage is asked to do so by a link that soon expires.

    :param digest: what changes with the bytes; it becomes the ETag
    :raises FileGone: if it was removed
    """
    try:
        default_storage.path(path)
    except NotImplementedError:  # how a storage says that it has no paths
        asked = {"ResponseContentDisposition": attachment(name)}
        asked["ResponseContentType"] = content_type
        link = default_storage.url(path, parameters=asked)  # type: ignore[call-arg]
        return HttpResponseRedirect(link)
    try:
        file, size = default_storage.open(path), default_storage.size(path)
    except FileNotFoundError:
        raise FileGone from None
    response = _answer(request, file, size, f'"{digest}"')
    response["Content-Disposition"] = attachment(name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = f'"{digest}"'
    if response.status_code in (200, 206):
        response["Content-Type"] = content_type
    return response


def _answer(request: Request, file: IO[bytes], size: int, etag: str) -> HttpResponseBase:
    if etag in request.headers.get("If-None-Match", ""):
        file.close()
        return HttpResponse(status=304)
    span = _span(request, size, etag)
    if span is None:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    begin, end = span
    length = end - begin
    headers = {"Content-Length": str(length)}
    if length < size:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    status = 206 if length < size else 200
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    file.seek(begin)
    return StreamingHttpResponse(_blocks(file, length), status=status, headers=headers)


def _span(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """Return from where to where the client wants it; None if there is nothing of that."""
    wanted = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if wanted is None or wanted[0] == "bytes=-":
        return 0, size  # what is not understood, or several ranges, is answered with all of it
    if request.headers.get("If-Range", etag) != etag:
        return 0, size
    first, last = wanted[1], wanted[2]
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
    return (begin, end) if begin < end else None


def _blocks(file: IO[bytes], length: int) -> Iterator[bytes]:
    with file:
        while length > 0 and (block := file.read(min(BLOCK, length))):
            length -= len(block)
            yield block

"""Forms under an `Idempotency-Key`: a file counts by its digest."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from rest_framework.request import Request

from apps.core.api.desk import fields_of

Post = TypeVar("Post", bound=Callable[..., HttpResponse])


def fingerprinted(post: Post) -> Post:
    """Tell `idempotent` what a form says; of JSON it knows by itself."""

    @wraps(post)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.content_type.startswith("application/json"):
            fields = {name: _digest(value) for name, value in fields_of(request).items()}
            (request.parser_context or {})["fingerprint"] = fields
        return post(view, request, *args, **kwargs)

    return cast(Post, wrapped)


def _digest(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return digest.hexdigest()

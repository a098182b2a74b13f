"""The languages of the customers' page: what the browser asks for, unless somebody chose."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

View = Callable[Concatenate[HttpRequest, ...], HttpResponseBase]


def chosen_language(request: HttpRequest) -> str:
    """Return `?lang=` if it is one of ours, else the best of Accept-Language."""
    asked = request.GET.get("lang", "")
    if asked in dict(settings.LANGUAGES):
        return asked
    return translation.get_language_from_request(request)


def in_chosen_language(view: View) -> View:
    """Let a view speak the language of its reader."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(chosen_language(request)):
            response = view(request, *args, **kwargs)
            response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
            return response

    return wrapped

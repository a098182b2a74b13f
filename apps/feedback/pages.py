"""What all pages for customers have in common: private, small, without inline script."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from apps.feedback.languages import in_chosen_language

View = Callable[Concatenate[HttpRequest, ...], HttpResponseBase]
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address of the page is the secret
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}


def customers_page(view: View) -> View:
    """Let a view answer customers, who have a link and neither a session nor a cookie."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        for name, value in PRIVATE.items():
            response[name] = value
        return response

    # There is no session that a foreign page could ride on: the secret link is all there is.
    return csrf_exempt(csp(POLICY)(in_chosen_language(wrapped)))


def page(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Return the page with what every page shows."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    shown = {
        "shop": settings.SHOP_NAME,
        "language": language,
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
        "languages": settings.LANGUAGES,
        **context,
    }
    return render(request, f"feedback/{name}.html", shown, status=status)

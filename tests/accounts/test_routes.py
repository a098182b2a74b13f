"""Every address of the project asks who is calling, unless it is named here."""

import re
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern
from rest_framework.test import APIClient

METHODS = ("get", "post", "put", "patch", "delete")
OPEN = {
    "",  # says that the service is there, or leads to the admin
    "api/login",
    "api/token/refresh",
    "api/auth/google",  # the body holds the credential
    "api/logout",  # a refresh token says whose login ends
    "api/health",
    "api/health/live",
    "api/health/ready",
    "health",
    "health/live",
    "health/ready",
    "healthz",
    "readyz",
    "admin/login/",
    "api/internal/digest/run",  # a scheduler has a secret instead of a login
    "api/public/feedbacks",  # a customer has a token in the body
    "api/public/feedbacks/validate-token",
    "feedback",  # the customers' pages: the secret is in the address
    "feedback/a",
    "feedback/thanks",
    "feedback/unsubscribe/a",
    "images/items/a",  # an <img> sends no token; the names cannot be guessed
}
MISSING = ("No token provided", "Authorization header is required")  # the latter at the desk
PAGES = ("admin/", "api/docs")  # a browser is led to the login instead
SAMPLES = {
    "int": "1",
    "slug": "a",
    "path": "a",
    "str": "a",
    "uuid": "0190a0a0-0000-7000-8000-000000000000",
}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + sample(entry)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def sample(entry: URLPattern | URLResolver) -> str:
    """Return an address that the pattern matches."""
    if isinstance(entry.pattern, RoutePattern):
        return re.sub(
            r"<(?:(\w+):)?(\w+)>",
            lambda match: SAMPLES.get(match[1] or "str", SAMPLES["uuid"]),
            str(entry.pattern),
        )
    assert isinstance(entry.pattern, RegexPattern)
    plain = str(entry.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
    return re.sub(r"\(\?P<\w+>[^()]*(?:\([^()]*\)[^()]*)*\)", _app_or_anything, plain)


def _app_or_anything(match: re.Match[str]) -> str:
    return "accounts" if "app_label" in match[0] else "nothing"


EVERY = sorted(set(routes(get_resolver())))


def test_there_are_routes_and_each_sample_fits_one():
    assert len(EVERY) > 10
    assert [route for route in EVERY if re.search(r"[<>()^$\\]", route)] == []
    for route in EVERY:
        get_resolver().resolve(f"/{route}")


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in EVERY if route not in OPEN])
def test_a_stranger_gets_nowhere(route):
    for method in METHODS:
        response = getattr(APIClient(), method)(f"/{route}")
        if route.startswith(PAGES):
            assert is_led_to_the_login(response), (method, response.status_code)
        else:
            assert response.status_code == 401, (method, response.status_code)
            assert response["WWW-Authenticate"] == "Bearer"
            assert response.json()["error"] in MISSING


@pytest.mark.parametrize("route", sorted(OPEN - {"", "admin/login/"}))
def test_the_open_ones_are_harmless_without_a_secret(route, db):
    response = APIClient().post(f"/{route}", {}, "json")

    assert response.status_code in {400, 401, 404, 405, 410}


def is_led_to_the_login(response: HttpResponse) -> bool:
    if response.status_code == 302:
        return response["Location"].startswith("/admin/")
    return response.status_code in {401, 405}

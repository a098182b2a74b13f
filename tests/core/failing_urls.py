"""Addresses that only exist in tests: they go wrong in every way there is."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.exceptions import ErrorDetail, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.core import errors
from config.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
SECRET = "hunter2 in /srv/private/settings.py"


class Echo(APIView):
    """Gives back what it read."""

    def get(self, _request: Request) -> Response:
        return Response({})

    def post(self, request: Request) -> Response:
        return Response({"data": request.data})


class OpenEcho(Echo):
    authentication_classes = ()
    permission_classes = ()


class Crash(OpenEcho):
    def get(self, _request: Request) -> Response:
        raise RuntimeError(SECRET)


class Unprintable(OpenEcho):
    def get(self, _request: Request) -> Response:
        return Response({1: object, ("a",): SECRET})


class Query(OpenEcho):
    def get(self, _request: Request) -> Response:
        return Response({"count": User.objects.count()})


class Raise(OpenEcho):
    """Raises what the query names."""

    def get(self, request: Request) -> Response:
        raise {
            "locked": errors.TooMany(retry_after=7),
            "gone": errors.Gone(),
            "full": errors.NoSpace(),
            "extra": errors.DomainError("No.", extra={"jobId": "job_1"}),
            "throttled": Throttled(wait=3.2),
            "invalid": ValidationError(
                {
                    "rate": {"max": ["Too big."]},
                    "rows": [{}, {"key": [ErrorDetail("No.", "taken")]}],
                }
            ),
        }[request.query_params["what"]]


def plain_crash(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError(SECRET)


def plain_query(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(User.objects.count()))


def plain_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.POST.get("a", ""))


urlpatterns = [
    *urlpatterns,
    path("test/echo", Echo.as_view()),
    path("test/open-echo", OpenEcho.as_view()),
    path("test/crash", Crash.as_view()),
    path("test/unprintable", Unprintable.as_view()),
    path("test/query", Query.as_view()),
    path("test/raise", Raise.as_view()),
    path("test/plain-crash", plain_crash),
    path("test/plain-query", plain_query),
    path("test/plain-form", plain_form),
]

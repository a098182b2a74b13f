from django.http import HttpRequest, HttpResponse
from django.urls import path

handler500 = "apps.core.api.errors.crashed"


def crash(_request: HttpRequest, secret: str) -> HttpResponse:
    return HttpResponse(1 // (len(secret) - len(secret)))


urlpatterns = [path("crash/<str:secret>", crash)]

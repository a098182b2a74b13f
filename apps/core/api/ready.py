from django.http import HttpResponse

CONTENT_TYPE = "application/json; charset=utf-8"


def ready(json: str) -> HttpResponse:
    """Answer with JSON that the database has made (apps/core/lean.py), as the desk's renderer would."""
    return HttpResponse(json, content_type=CONTENT_TYPE)

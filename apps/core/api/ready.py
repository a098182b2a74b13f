from django.http import HttpResponse

CONTENT_TYPE = "application/json; charset=utf-8"


def ready(json: str, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Answer with JSON that the database has made (apps/core/lean.py)."""
    return HttpResponse(json, content_type=CONTENT_TYPE, status=status, headers=headers)

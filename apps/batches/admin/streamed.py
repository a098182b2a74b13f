"""Views that receive a file: streamed to disk while it comes, and never whole in memory."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from apps.core.errors import DomainError
from apps.uploads.receiving import ReceivedFile, StreamedUploadHandler

AT_ONCE = 64 * 1024


class Arrival:
    """What came with the request: files, or the reason why they were refused."""

    def __init__(self) -> None:
        self.files: list[ReceivedFile] = []
        self.refused = ""


def receives_files(view: Callable[..., HttpResponse]) -> Any:
    """
    Hand the view an `Arrival` after the request.

    The token against forgery is in the body, and reading it reads the files: so the handler is
    put in place first and the token checked after. The token of a refused request was not
    checked; the view may do nothing for it but say so.
    """

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        arrival = Arrival()
        if request.method != "POST":
            return view(request, arrival, *args, **kwargs)
        handler = StreamedUploadHandler()
        request.upload_handlers = [handler]
        try:
            return _answer(view, request, handler, arrival, args, kwargs)
        finally:
            handler.discard()

    return wrapped


def _answer(
    view: Callable[..., HttpResponse],
    request: HttpRequest,
    handler: StreamedUploadHandler,
    arrival: Arrival,
    args: Any,
    kwargs: Any,
) -> HttpResponse:
    try:
        request.POST.keys()
    except DomainError as error:
        arrival.refused = str(error)
        request.POST = QueryDict()  # or whoever looks at it would begin to read anew
        _let_finish(request)
        return view(request, arrival, *args, **kwargs)
    arrival.files = handler.files
    protected: Any = csrf_protect(lambda request: view(request, arrival, *args, **kwargs))
    answer: HttpResponse = protected(request)
    return answer


def _let_finish(request: HttpRequest) -> None:
    """Read what the browser still sends, and forget it: before that it shows no answer."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) <= settings.MAX_REQUEST_BYTES:
        while request.read(AT_ONCE):
            pass

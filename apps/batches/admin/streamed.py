"""Views that receive a file: streamed to disk while it comes, and never whole in memory."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from apps.core.errors import DomainError
from apps.uploads.receiving import ReceivedFile, StreamedUploadHandler


class Arrival:
    """What came with the request: files, or the reason why they were refused."""

    def __init__(self) -> None:
        self.files: list[ReceivedFile] = []
        self.refused = ""


def receives_files(view: Callable[..., HttpResponse]) -> Any:
    """
    Hand the view an `Arrival` after the request.

    The token against forgery is in the body, and reading it reads the files: so the handler is
    put in place first and the token checked after. A refused request was not read to its end;
    the view may do nothing for it but say so.
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
        response = view(request, arrival, *args, **kwargs)
        response["Connection"] = "close"
        return response
    arrival.files = handler.files
    protected: Any = csrf_protect(lambda request: view(request, arrival, *args, **kwargs))
    answer: HttpResponse = protected(request)
    return answer

"""Pictures to send, the files that are kept, and the background work done at once."""

import io
from base64 import b64encode
from typing import Any

from celery import current_app
from django.core.files.storage import default_storage
from PIL import Image

from apps.core.models import OutboxMessage


def drawn(
    kind: str = "PNG", size: tuple[int, int] = (40, 30), color: str = "teal", **how: Any
) -> bytes:
    """Return the bytes of a plain picture."""
    file = io.BytesIO()
    Image.new(how.pop("mode", "RGB"), size, color).save(file, kind, **how)
    return file.getvalue()


def data_url(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def opened(path: str) -> Image.Image:
    """Return the picture that the storage keeps under this path."""
    with default_storage.open(path) as file:
        return Image.open(io.BytesIO(file.read()))


def kept_files() -> set[str]:
    try:
        return {f"items/{name}" for name in default_storage.listdir("items")[1]}
    except FileNotFoundError:
        return set()


def do_background_work() -> list[str]:
    """Run what the outbox holds for the catalogue, as a worker does after the commit."""
    messages = list(OutboxMessage.objects.filter(task__startswith="catalog.").order_by("id"))
    for message in messages:
        current_app.tasks[message.task](**message.kwargs)
        message.delete()
    return [message.task for message in messages]

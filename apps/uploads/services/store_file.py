from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings

from apps.accounts.models import User
from apps.core.errors import TooLarge
from apps.uploads.models import Upload
from apps.uploads.receiving import ReceivedFile, room_on_disk
from apps.uploads.services.receive_uploads import receive_uploads

CHUNK = 1024 * 1024


class _NotKept(Exception):
    """Undoes what was stored for a look."""


@contextmanager
def store_file(*, path: Path, owner: User, now: datetime, keep: bool = True) -> Iterator[Upload]:
    """
    Store a file of this machine as if the owner had uploaded it.

    What the block adds commits with it; if the block raises, neither row nor bytes remain.

    :param keep: whether to keep the upload, or only lend it to the block
    :raises TooLarge: if it is larger than an upload may be
    :raises WrongType: if it is not what its name says
    :raises Invalid: if it is empty, damaged, protected or hostile
    """
    if path.stat().st_size > settings.MAX_UPLOAD_BYTES:
        raise TooLarge(f"{path.name} is larger than an upload may be.")
    received = ReceivedFile(path.name, "")
    try:
        with path.open("rb") as file, room_on_disk():
            while chunk := file.read(CHUNK):
                received.add(chunk)
            received.settle()
        stored = receive_uploads(files=[received], owner=owner, now=now)
        with suppress(_NotKept), stored as (upload,):
            yield upload
            if not keep:
                raise _NotKept
    finally:
        received.close()

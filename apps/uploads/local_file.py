import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from apps.uploads.models import Upload
from apps.uploads.receiving import room_on_disk
from apps.uploads.unreadable import Unreadable


@contextmanager
def local_file(source: Upload | Path) -> Iterator[Path]:
    """
    Give the file a path on this machine, by a copy if it lives in object storage.

    :raises Unreadable: if its bytes are gone
    :raises NoSpace: if the copy does not fit on the disk
    """
    if isinstance(source, Path):
        yield source
        return
    path = _path_of(source)
    if path is not None:
        yield path
        return
    with _copy(source) as copied:
        yield copied


def _path_of(upload: Upload) -> Path | None:
    try:
        path = Path(default_storage.path(upload.stored_path))
    except NotImplementedError:  # how a storage says that it has no paths
        return None
    if not path.is_file():
        raise Unreadable("The file is no longer in the storage.")
    return path


@contextmanager
def _copy(upload: Upload) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".copy") as copy:
        with default_storage.open(upload.stored_path) as stored, room_on_disk():
            for chunk in stored.chunks():
                copy.write(chunk)
            copy.flush()
        yield Path(copy.name)

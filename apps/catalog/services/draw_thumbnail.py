from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.catalog.pictures import thumbnail


def draw_thumbnail(*, path: str) -> None:
    """Keep a small version beside the picture; one that is gone meanwhile needs none."""
    small = thumbnail.thumbnail_path(path)
    if default_storage.exists(small):
        return
    try:
        with default_storage.open(path) as file:
            content = file.read()
    except FileNotFoundError:
        return
    default_storage.save(small, ContentFile(thumbnail.draw_thumbnail(content)))

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage


class ObjectStorage(Storage):
    """Keeps files like S3: whole, by key, without a path on this machine."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def _save(self, name: str, content: File) -> str:
        self._objects[name] = b"".join(content.chunks())
        return name

    def _open(self, name: str, _mode: str = "rb") -> File:
        return ContentFile(self._objects[name], name)

    def exists(self, name: str) -> bool:
        return name in self._objects

    def delete(self, name: str) -> None:
        self._objects.pop(name, None)

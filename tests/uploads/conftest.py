import io
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings


@pytest.fixture(autouse=True)
def own_storage(tmp_path):
    """Give every test its own storage and place for arriving files."""
    media, incoming = tmp_path / "media", tmp_path / "incoming"
    incoming.mkdir()
    storages = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(media), "file_permissions_mode": 0o600},
        }
    }
    with override_settings(STORAGES=storages, FILE_UPLOAD_TEMP_DIR=incoming):
        yield tmp_path


@pytest.fixture
def kept_files(own_storage):
    """Return a function that lists every file left anywhere."""

    def files() -> list[Path]:
        return [path for path in own_storage.rglob("*") if path.is_file()]

    return files


@pytest.fixture
def send(operator_api):
    """Return a function that posts files: (name, bytes) each."""

    def post(*files, api=operator_api, headers=None, **fields):
        parts = [named(name, content) for name, content in files]
        data = {"file": parts, **fields} if parts else fields
        return api.post("/upload", data, format="multipart", headers=headers)

    return post


def named(name: str, content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file

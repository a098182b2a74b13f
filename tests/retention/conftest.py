from tests.uploads.conftest import kept_files, own_storage

__all__ = ["kept_files", "own_storage"]

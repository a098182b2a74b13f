from apps.uploads.models.upload import Upload
from apps.uploads.status import UploadStatus

__all__ = ["Upload", "UploadStatus"]

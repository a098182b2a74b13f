from apps.uploads.models.upload import Upload, UploadStatus

__all__ = ["Upload", "UploadStatus"]

"""Files: opaque names in a private place, or object storage."""

from typing import Any

from config import env

MEDIA_ROOT = env.VAR_DIR / "media"
# What addresses of pictures begin with; empty: the host that the request named.
PUBLIC_URL = env.text("PUBLIC_URL", default="").rstrip("/")
STATIC_URL = "/static/"
STATIC_ROOT = env.VAR_DIR / "static"
STATICFILES_DIRS = [env.BASE_DIR / "static"]

_private: dict[str, Any] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": str(MEDIA_ROOT), "file_permissions_mode": 0o600},
}
if env.text("STORAGE_BACKEND", default="file") == "s3":
    _private = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.text("S3_BUCKET"),
            "endpoint_url": env.optional("S3_ENDPOINT"),
            "region_name": env.optional("S3_REGION"),
            "default_acl": "private",
            "querystring_expire": env.number("SIGNED_URL_TTL", default=300),
        },
    }

STORAGES = {
    "default": _private,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = env.VAR_DIR / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
# Where `manage.py backup` puts backups; better on another disk, or another machine.
BACKUP_DIR = env.text("BACKUP_DIR", default=str(env.VAR_DIR / "backups"))

from django.conf import settings

from apps.core.errors import Refused


class InvalidImage(Refused):
    """Invalid image format"""

    code = "invalid_image"


class ImageTooLarge(Refused):
    """The image has too many bytes or pixels."""

    code = "image_too_large"

    @classmethod
    def by_bytes(cls) -> "ImageTooLarge":
        """Return the refusal of a large file."""
        return cls(f"Image size should be less than {settings.IMAGE_MAX_MB}MB")

    @classmethod
    def by_pixels(cls) -> "ImageTooLarge":
        """Return the refusal of a picture that would fill the memory."""
        most = settings.IMAGE_MAX_PIXELS // 1_000_000
        return cls(f"Image should have less than {most} megapixels")


class ImageNotStored(Refused):
    """The image could not be stored; try again shortly."""

    code = "image_not_stored"

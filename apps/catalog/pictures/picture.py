"""A picture as somebody sends it, and as we keep it: drawn anew, so that nothing else survives."""

import io
import re
import struct
import threading
import warnings
import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass

from django.conf import settings
from PIL import Image, ImageOps, ImageSequence

from apps.catalog.pictures.refusals import ImageTooLarge, InvalidImage

EXTENSION_OF = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
TYPE_OF = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}
# What of a file's own notes changes how it looks; the place and camera of a photo do not.
LOOKS = ("transparency", "icc_profile", "duration", "loop", "background", "disposal")
LARGEST_PROFILE = 64 * 1024
QUALITY = 88
LARGEST_SIDE = 3000  # more than any screen shows
DATA_URL = re.compile(r"data:image/(?:jpeg|jpg|png|gif|webp);base64,")
# What Pillow raises over hostile bytes.
UNREADABLE = (
    OSError, ValueError, TypeError, SyntaxError, LookupError, ArithmeticError, AttributeError,
    struct.error, zlib.error,
)  # fmt: skip
BOMBS = (Image.DecompressionBombError, MemoryError)

# Pillow warns above this, which we need not hear, and refuses twice as much: also frames inside.
Image.MAX_IMAGE_PIXELS = settings.IMAGE_MAX_PIXELS // 2
# A picture of 40 megapixels takes hundreds of megabytes while it is drawn.
_one_at_a_time = threading.Lock()
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """A picture that is safe to keep and to show."""

    content: bytes
    extension: str


def picture_of_url(text: str) -> Picture:
    """
    Return the picture inside a data URL.

    :raises InvalidImage: if the text or the bytes are no picture of a kind that we take
    :raises ImageTooLarge: if it has too many bytes or pixels
    """
    found = DATA_URL.match(text)
    if not found:
        raise InvalidImage
    if (len(text) - found.end()) * 3 // 4 > settings.IMAGE_MAX_BYTES + 2:
        raise ImageTooLarge.by_bytes()
    try:
        content = b64decode(text[found.end() :], validate=True)
    except (NotBase64, ValueError):
        raise InvalidImage from None
    return picture_of_bytes(content)


def picture_of_bytes(content: bytes) -> Picture:
    """
    Return the picture that the bytes are, drawn anew.

    :raises InvalidImage: if the bytes are no picture of a kind that we take
    :raises ImageTooLarge: if it has too many bytes or pixels
    """
    if len(content) > settings.IMAGE_MAX_BYTES:
        raise ImageTooLarge.by_bytes()
    try:
        with _one_at_a_time, Image.open(io.BytesIO(content), formats=tuple(EXTENSION_OF)) as image:
            _check_size(image)
            return _draw_anew(image)
    except BOMBS:
        raise ImageTooLarge.by_pixels() from None
    except UNREADABLE:
        raise InvalidImage from None


def _check_size(image: Image.Image) -> None:
    """Refuse a bomb by its header, before anything is unpacked."""
    frames = getattr(image, "n_frames", 1)
    if image.width * image.height * frames > settings.IMAGE_MAX_PIXELS:
        raise ImageTooLarge.by_pixels()


def _draw_anew(image: Image.Image) -> Picture:
    # A phone's JPEG may hold several pictures (MPO); the first one is the photo.
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    moves = kind != "JPEG" and getattr(image, "n_frames", 1) > 1
    first, *others = (
        [_plain(frame.copy()) for frame in ImageSequence.Iterator(image)]
        if moves
        else [_plain(_upright(image))]
    )
    if kind == "JPEG" and first.mode not in ("L", "RGB"):
        first = _plain(first.convert("RGB"), keep_profile=False)
    animation = {"save_all": True, "append_images": others} if others else {}
    drawn = io.BytesIO()
    first.save(drawn, kind, quality=QUALITY, optimize=kind == "JPEG", **animation)
    return Picture(drawn.getvalue(), EXTENSION_OF[kind])


def _upright(image: Image.Image) -> Image.Image:
    image.draft(None, (LARGEST_SIDE, LARGEST_SIDE))  # a large JPEG need not be unpacked in full
    if max(image.size) > LARGEST_SIDE:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    return image


def _plain(image: Image.Image, *, keep_profile: bool = True) -> Image.Image:
    """Return the picture without its notes: comments, EXIF, XMP, and whatever else there is."""
    image.info = {name: image.info[name] for name in LOOKS if name in image.info}
    if not keep_profile or len(image.info.get("icc_profile") or b"") > LARGEST_PROFILE:
        image.info.pop("icc_profile", None)
    return image

import io
from pathlib import PurePosixPath

from PIL import Image

SIDE = 320
QUALITY = 80


def thumbnail_path(path: str) -> str:
    """Return where the small version of a picture is kept."""
    return f"{PurePosixPath(path).with_suffix('')}.small.webp"


def draw_thumbnail(content: bytes) -> bytes:
    """Return a picture of ours, no side longer than 320 pixels; of an animation the beginning."""
    with Image.open(io.BytesIO(content)) as image:
        image.draft("RGB", (SIDE, SIDE))  # a JPEG need not be unpacked in full
        # Palettes cannot be scaled; WebP knows colours and transparency.
        small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small.thumbnail((SIDE, SIDE))
    drawn = io.BytesIO()
    small.save(drawn, "WEBP", quality=QUALITY)
    return drawn.getvalue()

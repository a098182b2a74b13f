"""The shop's catalogue: clothes and home textiles, each with a picture drawn for it."""

import io
import random
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from apps.catalog.models import Item
    from apps.catalog.pictures.picture import Picture

SIDE = 640
Points = tuple[tuple[int, int], ...]


class Kind(NamedTuple):
    """A sort of thing: what it is called, what it costs, what it looks like."""

    name: str
    price: int
    features: str
    outline: Points


SHIRT: Points = ((230, 130), (290, 165), (350, 165), (410, 130), (540, 220), (490, 300), (440, 265),
                 (440, 530), (200, 530), (200, 265), (150, 300), (100, 220))  # fmt: skip
DRESS: Points = ((260, 100), (290, 150), (350, 150), (380, 100), (420, 130), (390, 280), (500, 560),
                 (140, 560), (250, 280), (220, 130))  # fmt: skip
TROUSERS: Points = ((220, 110), (420, 110), (460, 560), (360, 560), (320, 240), (280, 560),
                    (180, 560))  # fmt: skip
CLOTH: Points = ((150, 170), (510, 110), (540, 440), (430, 470), (410, 540), (170, 520))
SQUARE: Points = ((150, 160), (320, 175), (490, 160), (475, 320), (490, 490), (320, 475),
                  (150, 490), (165, 320))  # fmt: skip
BAG: Points = ((180, 250), (250, 250), (270, 150), (370, 150), (390, 250), (460, 250), (500, 540),
               (140, 540))  # fmt: skip

KINDS = (
    Kind("shirt", 1299, "Mother-of-pearl buttons", SHIRT),
    Kind("kurta", 1650, "Side slits, hidden pocket", SHIRT),
    Kind("wrap dress", 2890, "Pockets; length to order", DRESS),
    Kind("summer dress", 2450, "Lined, adjustable straps", DRESS),
    Kind("wide trousers", 1890, "Elastic waist", TROUSERS),
    Kind("pyjama trousers", 990, "Drawstring", TROUSERS),
    Kind("scarf", 640, "Hand-rolled hem", CLOTH),
    Kind("shawl", 1820, "Fringed by hand", CLOTH),
    Kind("saree", 4950, "With blouse piece", CLOTH),
    Kind("cushion cover", 420, "45 x 45 cm, zip", SQUARE),
    Kind("table cloth", 1480, "150 x 220 cm", SQUARE),
    Kind("tote bag", 780, "Inner pocket, long handles", BAG),
)
CLOTHS = (
    ("Indigo", "Block-printed cotton", (38, 56, 112)),
    ("Terracotta", "Linen", (190, 92, 62)),
    ("Sage", "Organic cotton", (134, 158, 124)),
    ("Saffron", "Mulberry silk", (226, 158, 44)),
    ("Off-white", "Khadi", (224, 214, 192)),
)
DESIGNS = ("Plain", "Striped", "Dotted")
NO_LONGER_SOLD = ("Saffron pyjama trousers", "Off-white tote bag", "Indigo table cloth")


def load_catalogue() -> None:
    """Add what is missing of the demo's sixty items; what staff have changed stays changed."""
    from apps.catalog.models import Item

    known = set(Item.objects.values_list("name", flat=True))
    now = timezone.now()
    for number, (kind, cloth) in enumerate((kind, cloth) for kind in KINDS for cloth in CLOTHS):
        name = f"{cloth[0]} {kind.name}"
        if name in known:
            continue
        item = _add(name, kind, cloth, number)
        _settle(item, added=now - timedelta(days=240 - 3 * number, hours=number % 9))


def _add(
    name: str, kind: Kind, cloth: tuple[str, str, tuple[int, int, int]], number: int
) -> "Item":
    from apps.catalog.services.add_design import add_design
    from apps.catalog.services.create_item import create_item

    color, fabric, tint = cloth
    item = create_item(
        name=name,
        price=Decimal(kind.price) + Decimal(number % 5 * 50) + Decimal("0.50") * (number % 2),
        color=color,
        fabric=fabric,
        special_features=kind.features,
        picture=draw(kind.outline, tint, DESIGNS[number % 3], seed=number),
    )
    for order, design in enumerate(DESIGNS if number % 5 == 0 else ()):
        add_design(
            item=item,
            name=design,
            picture=draw(kind.outline, tint, design, seed=number),
            is_primary=order == 0,
            display_order=order,
        )
    return item


def _settle(item: "Item", *, added: datetime) -> None:
    """Date the item back, and take some out of the catalogue again."""
    from apps.catalog.models import Item
    from apps.catalog.services.delete_item import delete_item

    Item.objects.filter(pk=item.pk).update(created_at=added)
    if item.name in NO_LONGER_SOLD:
        delete_item(item=item, now=timezone.now() - timedelta(days=7))


def draw(outline: Points, tint: tuple[int, int, int], design: str, *, seed: int) -> "Picture":
    """Return a picture of the thing on a light ground, with a soft shadow below it."""
    from apps.catalog.pictures.picture import picture_of_bytes

    ground = Image.new("RGB", (SIDE, SIDE), (246, 243, 238))
    shape, shadow = _silhouette(outline)
    ground.paste((120, 110, 100), (8, 16), shadow)
    ground.paste(_cloth(tint, design, random.Random(seed)), (0, 0), shape)
    file = io.BytesIO()
    ground.save(file, "JPEG", quality=86)
    return picture_of_bytes(file.getvalue())


@cache
def _silhouette(outline: Points) -> tuple[Image.Image, Image.Image]:
    """Return the shape of a thing, and the shadow below it; both are the same in every colour."""
    shape = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(shape).polygon(outline, fill=255)
    shape = shape.filter(ImageFilter.GaussianBlur(2))
    return shape, shape.filter(ImageFilter.GaussianBlur(18)).point(lambda light: light // 3)


@cache
def _weave() -> Image.Image:
    return Image.effect_noise((SIDE, SIDE), 14).convert("RGB")


def _cloth(tint: tuple[int, int, int], design: str, chance: random.Random) -> Image.Image:
    cloth = Image.new("RGB", (SIDE, SIDE), tint)
    pen = ImageDraw.Draw(cloth)
    is_dark = sum(tint) < 420
    print_color = tuple(min(255, part + 60) if is_dark else part * 7 // 10 for part in tint)
    step = chance.choice((28, 36, 44))
    if design == "Striped":
        for x in range(0, SIDE, step):
            pen.line((x, 0, x, SIDE), fill=print_color, width=step // 4)
    if design == "Dotted":
        for row, y in enumerate(range(0, SIDE, step)):
            for x in range(row % 2 * step // 2, SIDE, step):
                pen.ellipse((x, y, x + step // 3, y + step // 3), fill=print_color)
    return Image.blend(cloth, _weave(), 0.06)

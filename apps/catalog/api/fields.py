"""Read what staff send about items and designs, in the contract's words and order."""

import re
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from apps.catalog.pictures.picture import Picture, picture_of_bytes, picture_of_url
from apps.catalog.pictures.refusals import ImageTooLarge
from apps.catalog.services.change_item import Keep
from apps.core.errors import Detail, Refused
from apps.core.money import to_money

NUMERIC = re.compile(r"[+-]?(?:[0-9]{1,20}\.?[0-9]{0,30}|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")
DEAREST = Decimal("99999999.99")
LARGEST_ORDER = 2**31 - 1
TEXTS = {"color": "color", "fabric": "fabric", "specialFeatures": "special_features"}
DATA_URL = "data:image/"


def refuse(field: str, message: str) -> Refused:
    """Return the complaint about a field."""
    return Refused(message, details=[Detail(field, "invalid", message)])


def required_text(fields: dict[str, Any], field: str, message: str) -> str:
    """
    Return the text without its outer blanks.

    :raises Refused: if it is absent, no text or blank
    """
    value = fields.get(field)
    if not isinstance(value, str) or not _clean(field, value):
        raise refuse(field, message)
    return _clean(field, value)


def price(fields: dict[str, Any]) -> Decimal:
    """
    Return the price, rounded half up.

    :raises Refused: if it is no number from 0 to 99,999,999.99
    """
    refusal = refuse("price", "Valid price is required")
    value = fields.get("price")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refusal
    text = str(value).strip()
    if not NUMERIC.fullmatch(text):
        raise refusal
    amount = Decimal(text)
    if not 0 <= amount < DEAREST + 1:
        raise refusal
    rounded = abs(to_money(amount))  # abs: JSON knows a minus zero
    if rounded > DEAREST:
        raise refusal
    return rounded


def optional_texts(fields: dict[str, Any]) -> dict[str, str | None]:
    """
    Return what was sent of the texts that describe an item; blank means unknown.

    :raises Refused: if one is no text
    """
    texts: dict[str, str | None] = {}
    for field, column in TEXTS.items():
        if field not in fields:
            continue
        value = fields[field]
        if value is not None and not isinstance(value, str):
            raise refuse(field, f"{field} must be text")
        texts[column] = _clean(field, value or "") or None
    return texts


def picture(fields: dict[str, Any]) -> Picture | Keep | None:
    """
    Return the picture that was sent; None where the old one is to go.

    :raises InvalidImage: if it is no picture of a kind that we take
    :raises ImageTooLarge: if it has too many bytes or pixels
    """
    value = fields.get("image", Keep.PICTURE)
    if value is None or value == "":
        return None
    if isinstance(value, UploadedFile):
        if (value.size or 0) > settings.IMAGE_MAX_BYTES:
            raise ImageTooLarge.by_bytes()
        return picture_of_bytes(value.read())
    if isinstance(value, str) and value.startswith(DATA_URL):
        return picture_of_url(value)
    return Keep.PICTURE


def flag(fields: dict[str, Any], field: str) -> bool | None:
    """
    Return a yes or no; None where it was not sent.

    :raises Refused: if it is anything else; a form says it in words
    """
    value = fields.get(field)
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value, value)
    if value is not None and not isinstance(value, bool):
        raise refuse(field, f"{field} must be true or false")
    return value


def place(fields: dict[str, Any], field: str) -> int | None:
    """
    Return a whole number; None where it was not sent.

    :raises Refused: if it is anything else
    """
    value = fields.get(field)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,10}", value):
        value = int(value)
    if value is None:
        return None
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or abs(value) > LARGEST_ORDER:
        raise refuse(field, f"{field} must be a whole number")
    return int(value)


def _clean(field: str, text: str) -> str:
    if "\x00" in text:
        raise refuse(field, f"{field} must not contain NUL characters")
    return text.strip()

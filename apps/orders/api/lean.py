"""An order that is placed before Django is entered: the way of nearly all of them."""

import orjson
from django.conf import settings
from django.utils import timezone

from apps.core.cache.writes import LeanWrite, SentPost, Written
from apps.core.idempotency import Claim, fingerprint_of
from apps.orders.api.answers import VERSION_HEADER
from apps.orders.services.place_order import place_under_key


def _place(sent: SentPost) -> Written | None:
    try:
        fields = orjson.loads(sent.body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fields, dict):
        return None
    claim = Claim(str(sent.user.pk), sent.key, fingerprint_of("POST", sent.path, fields))
    order = place_under_key(sent=fields, by=sent.user, now=timezone.now(), claim=claim)
    return Written(order.json, [(VERSION_HEADER, str(order.version))]) if order else None


PLACE_ORDER = LeanWrite(_place, settings.DESK_MAX_BODY_BYTES, (VERSION_HEADER.lower(),))

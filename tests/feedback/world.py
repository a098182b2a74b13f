"""What a browser does with the customers' page, in a few words."""

import re
from datetime import timedelta
from typing import Any

import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

LATER = timedelta(seconds=5)


def stamp_on(page: HttpResponse) -> str:
    """Return the stamp that the form carries."""
    found = re.search(r'name="stamp" value="([^"]+)"', page.content.decode())
    assert found, page.content
    return found[1]


def fill_in(client: Client, address: str, **answer: Any) -> HttpResponse:
    """Open the page, take a few seconds, and send the answer."""
    form = {"rating": "5", "productQuality": "0", "deliveryExperience": "0", "comment": ""}
    sent = form | {"topic": "", "stamp": stamp_on(client.get(address))} | answer
    with time_machine.travel(timezone.now() + LATER):
        return client.post(address, sent)

"""Who is calling, as far as an address can say: a header counts only behind our own proxies."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the address that the request comes from; see `address_of`."""
    return address_of(request.META)


def address_of(environ: Mapping[str, Any]) -> str | None:
    """
    Return the caller's address; of an IPv6 one its /64, which is what one household owns.

    Each of our TRUSTED_PROXY_COUNT proxies appends the address that it saw to X-Forwarded-For.
    Whatever stands left of those was written by the caller, who may write anything.
    """
    seen = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    trusted: int = settings.TRUSTED_PROXY_COUNT
    if trusted and len(seen) >= trusted and (address := _normal(seen[-trusted])):
        return address
    return _normal(environ.get("REMOTE_ADDR", ""))


@lru_cache(maxsize=1024)  # the same callers come again and again, twice in each request
def _normal(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        plain = IPv6Address(int(address))  # without a zone such as %eth0
        return str(IPv6Network((plain, 64), strict=False).network_address)
    return str(address)

"""Judge an address as text, before anything is stored or called."""

import re
from typing import NewType
from urllib.parse import urlsplit

from yarl import URL

from apps.core.egress.failures import EgressDenied
from apps.core.egress.policy import EgressPolicy

CheckedUrl = NewType("CheckedUrl", URL)
"""An address that passed `check_url`; nothing else can be called."""

MAX_LENGTH = 2048
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_QUAD = re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}")


def check_url(text: str, policy: EgressPolicy) -> CheckedUrl:
    """
    Return the address in the form that calls need.

    What a name resolves to is judged again at every connection; this check is for early,
    clear complaints and for the allow list.

    :raises EgressDenied: if the address is malformed or the policy does not allow it
    """
    url = _parsed(text)
    if not policy.permits_endpoint(url.scheme, url.port):
        raise EgressDenied(_endpoint_rule(policy))
    _check_host(url, policy)
    return CheckedUrl(url)


def _parsed(text: str) -> URL:
    if len(text) > MAX_LENGTH:
        raise EgressDenied(f"The address is longer than {MAX_LENGTH} characters.")
    if not text.isprintable() or " " in text or "\\" in text:
        raise EgressDenied("The address contains spaces, control characters or backslashes.")
    if "#" in text:
        raise EgressDenied("The address must not have a fragment (#).")
    try:
        url, authority = URL(text), urlsplit(text).netloc
        host = url.host or ""  # decoding the name is a part of parsing it
    except ValueError:
        raise EgressDenied("This is not a valid address.") from None
    if "@" in authority:
        raise EgressDenied("The address must not contain a user name or password.")
    if any(letter.isdigit() and not letter.isascii() for letter in authority):
        raise EgressDenied("The host must be written with ordinary digits.")
    if "[" in authority and ":" not in host:
        raise EgressDenied("Only an IPv6 address belongs in brackets.")
    if not url.absolute or not url.scheme or not host:
        raise EgressDenied("The address must be absolute, like https://partner.example/path.")
    return url


def _endpoint_rule(policy: EgressPolicy) -> str:
    if policy.allow_private:
        return "The address must start with https:// or http://."
    return "The address must start with https:// and use port 443 or 8443."


def _check_host(url: URL, policy: EgressPolicy) -> None:
    host = (url.raw_host or "").lower()
    if _is_address(host):
        if not policy.permits_address(host):
            raise EgressDenied("The address does not lead to a public host.")
    elif not _NAME.fullmatch(host) or len(host) > 253:
        raise EgressDenied("The host's name is not valid.")
    elif not policy.allow_private and (host == "localhost" or host.endswith(".localhost")):
        raise EgressDenied("The address does not lead to a public host.")
    if not policy.permits_host(host) and not policy.permits_host((url.host or "").lower()):
        raise EgressDenied("The host is not on the list of allowed hosts.")


def _is_address(host: str) -> bool:
    """
    Tell an IP address from a name.

    :raises EgressDenied: if it is a number in a form that parsers read differently
    """
    if ":" in host or _QUAD.fullmatch(host):
        return True
    if _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
        raise EgressDenied("The host is a number, but not a plain IP address.")
    return False

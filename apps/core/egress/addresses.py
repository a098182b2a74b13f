"""Which IP addresses belong to the internet, and which to somebody's own network."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# `is_global` calls these global, although they lead to the inside, to metadata or to nobody.
_NEVER_PUBLIC = [
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments, with a cloud's metadata service among them
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # a cloud's host agent behind a public address
        "2001::/23",  # Teredo and other protocols that wrap addresses
        "2002::/16",  # 6to4 wraps any IPv4 address
        "3fff::/20",  # documentation, newer than the standard library
    )
]
# All else in IPv6, NAT64 (64:ff9b::) included, is special; no list of exceptions is needed.
_GLOBAL_UNICAST = ip_network("2000::/3")
_OWN_NETWORKS = [
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
]
_METADATA = ip_address("fd00:ec2::254")


def address_is_public(text: str) -> bool:
    """Tell whether this is an address of a host on the public internet."""
    address = _unwrapped(text)
    if address is None or not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _NEVER_PUBLIC)


def address_is_own(text: str) -> bool:
    """Tell whether this is loopback or a private network; link-local and metadata are not."""
    address = _unwrapped(text)
    if address is None or address == _METADATA:
        return False
    return any(address in network for network in _OWN_NETWORKS)


def _unwrapped(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address

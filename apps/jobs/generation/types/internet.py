"""Addresses of machines; all of them lead nowhere."""

from collections.abc import Sequence
from ipaddress import IPv6Address

from apps.jobs.generation.columns import Column, Indexed, Values, formatted, numbers, pool
from apps.jobs.generation.field_type import Spec, field_type
from apps.jobs.generation.words import ascii_words, international

GROUP = "internet"
DOCUMENTATION = int(IPv6Address("2001:db8::"))
PAGES = ("about", "blog", "catalogue", "contact", "help", "items", "news", "offers", "press")


@field_type("ipv4", GROUP, "An address of the private network 10.0.0.0/8.")
def ipv4(_spec: Spec) -> Column:
    def value_of(indexes: Sequence[int]) -> Values:
        return [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in indexes]

    return Indexed(2**24, value_of)


@field_type("ipv6", GROUP, "An address of 2001:db8::/32, which is kept for examples.")
def ipv6(_spec: Spec) -> Column:
    def value_of(indexes: Sequence[int]) -> Values:
        return [str(IPv6Address(DOCUMENTATION | index << 16 | 1)) for index in indexes]

    return Indexed(2**60, value_of)


@field_type("mac", GROUP, "The address of a network card, locally administered.")
def mac(_spec: Spec) -> Column:
    def value_of(indexes: Sequence[int]) -> Values:
        texts = (f"{index:010x}" for index in indexes)
        return [f"02:{t[:2]}:{t[2:4]}:{t[4:6]}:{t[6:8]}:{t[8:]}" for t in texts]

    return Indexed(2**40, value_of)


@field_type("url", GROUP, "A page at a host below .example.")
def url(_spec: Spec) -> Column:
    hosts = pool(ascii_words("en", "surnames"))
    return formatted("https://www.%s.example/%s/%d", hosts, pool(PAGES), numbers(1, 99_999))


@field_type("userAgent", GROUP, "What a browser calls itself.", distributes=True)
def user_agent(spec: Spec) -> Column:
    agents = tuple(dict.fromkeys(international("internet", "USER_AGENTS")))
    return pool(agents, distribution=spec.spread())

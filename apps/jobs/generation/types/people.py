"""People, and how to reach them; nobody real is reached."""

import re
from collections.abc import Sequence
from random import Random

from apps.jobs.generation.columns import (
    Column,
    Indexed,
    Numbered,
    Values,
    formatted,
    numbers,
    pool,
)
from apps.jobs.generation.field_type import Param, Spec, field_type
from apps.jobs.generation.masks import masked
from apps.jobs.generation.randomness import draw, fork
from apps.jobs.generation.words import ascii_words, words
from apps.jobs.unacceptable import Unacceptable

GROUP = "person"
RESERVED_DOMAINS = ("example.com", "example.org", "example.net")
RESERVED = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*"
    r"(?:example\.(?:com|org|net)|(?:[a-z0-9-]{1,63}\.)?(?:example|test|invalid))"
)
# Numbers that the authorities keep for films and examples, or that are never assigned.
FICTIONAL_PHONES = {
    "de": ("030 23125 ###", "040 66969 ###", "089 99998 ###", "0171 39200 ##"),
    "en": ("(2##) 555-01##", "(3##) 555-01##", "(6##) 555-01##", "(8##) 555-01##"),
    "en-au": ("(02) 5550 ####", "(03) 5550 ####", "0491 570 ###"),
    "en-ca": ("(4##) 555-01##", "(6##) 555-01##", "(9##) 555-01##"),
    "en-gb": ("01632 960###", "020 7946 0###", "07700 900###"),
    "fr": ("01 99 00 ## ##", "02 61 91 ## ##", "06 39 98 ## ##"),
    "sv": ("08-465 004 ##", "070-174 06 ##"),
}


@field_type("firstName", GROUP, "A first name.", localized=True, distributes=True)
def first_name(spec: Spec) -> Column:
    return pool(words(spec.locale, "person", "names"), distribution=spec.spread())


@field_type("lastName", GROUP, "A family name.", localized=True, distributes=True)
def last_name(spec: Spec) -> Column:
    return pool(words(spec.locale, "person", "surnames"), distribution=spec.spread())


@field_type("fullName", GROUP, "First and family name.", localized=True)
def full_name(spec: Spec) -> Column:
    first = pool(words(spec.locale, "person", "names"))
    return formatted("%s %s", first, pool(words(spec.locale, "person", "surnames")))


@field_type("username", GROUP, "A name to sign in with.", localized=True)
def username(spec: Spec) -> Column:
    names = pool(ascii_words(spec.locale, "names"))
    return Numbered(names, numbers(1, 9999), "%s%d", 10 * spec.rows)


@field_type(
    "email",
    GROUP,
    "A mail address that reaches nobody.",
    Param("domain", "string", "Below example.com, .org, .net, .example, .test or .invalid."),
    localized=True,
)
def email(spec: Spec) -> Column:
    domain = spec["domain"]
    if domain is not None and not RESERVED.fullmatch(domain.lower()):
        message = f"{domain[:80]} is not reserved for examples; try corp.example."
        raise Unacceptable("domain", "not_reserved", message)
    first = pool(ascii_words(spec.locale, "names"))
    names = formatted("%s.%s", first, pool(ascii_words(spec.locale, "surnames")))
    if domain is not None:
        return Numbered(names, numbers(1, 999), f"%s%d@{domain.lower()}", 10 * spec.rows)
    return Addresses(names, numbers(1, 999), "%s%d@", 10 * spec.rows)


class Addresses(Numbered):
    """Mail addresses at one of the domains for examples."""

    def draw(self, random: Random, count: int) -> Values:
        return _at_domains(super().draw(random, count), draw(fork(random), count, 3))

    def at(self, indexes: Sequence[int]) -> Values:
        return _at_domains(super().at(indexes), [index % 3 for index in indexes])


def _at_domains(names: Values, picks: list[int]) -> Values:
    return [name + RESERVED_DOMAINS[pick] for name, pick in zip(names, picks, strict=True)]


@field_type(
    "phone",
    GROUP,
    "A telephone number that is given to nobody, in the national form.",
    Param("mask", "string", "A form of your own: # is a digit, ? a letter."),
    localized=True,
)
def phone(spec: Spec) -> Column:
    if spec["mask"] is not None:
        return masked(spec["mask"], "mask")
    language = spec.locale.partition("-")[0]
    masks = FICTIONAL_PHONES.get(spec.locale) or FICTIONAL_PHONES.get(language)
    return OneOf([masked(mask, "mask") for mask in masks or FICTIONAL_PHONES["en"]])


class OneOf(Indexed):
    """Values of several columns, in proportion to how many each has."""

    def __init__(self, parts: list[Indexed]) -> None:
        self._parts = parts
        super().__init__(sum(part.size for part in parts), self._pick)

    def draw(self, random: Random, count: int) -> Values:
        sizes = [part.size for part in self._parts]
        picks = fork(random).choices(range(len(sizes)), sizes, k=count)
        sources = [
            iter(part.draw(fork(random), picks.count(number)))
            for number, part in enumerate(self._parts)
        ]
        return [next(sources[pick]) for pick in picks]

    def _pick(self, indexes: Sequence[int]) -> Values:
        found: Values = []
        for index in indexes:
            rest = index
            for part in self._parts:
                if rest < part.size:
                    found += part.at((rest,))
                    break
                rest -= part.size
        return found


@field_type("jobTitle", GROUP, "An occupation.", localized=True, distributes=True)
def job_title(spec: Spec) -> Column:
    return pool(words(spec.locale, "person", "occupation"), distribution=spec.spread())


@field_type("company", GROUP, "The name of a firm.", localized=True)
def company(spec: Spec) -> Column:
    names = pool(words(spec.locale, "finance", "company", "name"))
    kinds = words(spec.locale, "finance", "company", "type", "abbr")
    return formatted("%s %s", names, pool(kinds)) if kinds else names

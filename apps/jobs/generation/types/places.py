"""Places on earth."""

from apps.jobs.generation.columns import Column, Indexed, formatted, numbers, pool
from apps.jobs.generation.field_type import Param, Spec, field_type
from apps.jobs.generation.masks import masked
from apps.jobs.generation.types.numbers import decimals
from apps.jobs.generation.words import entry, international, words

GROUP = "place"
HIGHEST_HOUSE = 220


@field_type("street", GROUP, "A street with a house number.", localized=True)
def street(spec: Spec) -> Column:
    names = pool(words(spec.locale, "address", "street", "name"))
    houses = numbers(1, HIGHEST_HOUSE)
    form = entry(spec.locale, "address", "address_fmt") or "{st_num} {st_name}"
    kinds = words(spec.locale, "address", "street", "suffix") if "{st_sfx}" in form else ()
    parts: dict[str, Indexed] = {"{st_num}": houses, "{st_name}": names, "{st_sfx}": pool(kinds)}
    if any(mark not in form for mark in ("{st_name}", "{st_num}")):
        return formatted("%s %s", names, houses)
    marks = sorted((mark for mark in parts if mark in form), key=form.index)
    pattern = form.replace("%", "%%")
    for mark in marks:
        pattern = pattern.replace(mark, "%s")
    return formatted(pattern, *(parts[mark] for mark in marks))


@field_type("city", GROUP, "A city.", localized=True, distributes=True)
def city(spec: Spec) -> Column:
    return pool(words(spec.locale, "address", "city"), distribution=spec.spread())


@field_type("state", GROUP, "A state, province or canton.", localized=True, distributes=True)
def state(spec: Spec) -> Column:
    return pool(words(spec.locale, "address", "state", "name"), distribution=spec.spread())


@field_type("postcode", GROUP, "A postal code, by its form.", localized=True)
def postcode(spec: Spec) -> Column:
    mask = entry(spec.locale, "address", "postal_code_fmt") or "#####"
    return masked(mask, at_is_letter=True)


@field_type("country", GROUP, "A country, in the locale's language.", localized=True)
def country(spec: Spec) -> Column:
    return pool(words(spec.locale, "address", "country", "name"))


@field_type("countryCode", GROUP, "The two letters of a country.", distributes=True)
def country_code(spec: Spec) -> Column:
    codes = international("address", "COUNTRY_CODES")["a2"]
    return pool(tuple(dict.fromkeys(codes)), distribution=spec.spread())


@field_type(
    "latitude",
    GROUP,
    "Degrees north.",
    Param("min", "number", "The southernmost.", -90, -90, 90),
    Param("max", "number", "The northernmost.", 90, -90, 90),
)
def latitude(spec: Spec) -> Column:
    return decimals(spec, spec["min"], spec["max"], 6)


@field_type(
    "longitude",
    GROUP,
    "Degrees east.",
    Param("min", "number", "The westernmost.", -180, -180, 180),
    Param("max", "number", "The easternmost.", 180, -180, 180),
)
def longitude(spec: Spec) -> Column:
    return decimals(spec, spec["min"], spec["max"], 6)

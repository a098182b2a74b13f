"""The lists of names, places and words that mimesis brings along, by locale."""

import unicodedata
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any

from mimesis.datasets.int import address, common, finance, internet
from mimesis.datasets.int import person as persons
from mimesis.locales import Locale
from mimesis.providers.base import BaseDataProvider

FALLBACK = "en"


class _Lists(BaseDataProvider):
    """mimesis' way to data of one locale: a regional one on top of its language."""

    def all(self) -> dict[str, Any]:
        return dict(self._dataset)


class _People(_Lists):
    class Meta:
        name = "people"
        datafile = "person.json"


class _Places(_Lists):
    class Meta:
        name = "places"
        datafile = "address.json"


class _Companies(_Lists):
    class Meta:
        name = "companies"
        datafile = "finance.json"


class _Texts(_Lists):
    class Meta:
        name = "texts"
        datafile = "text.json"


SOURCES: dict[str, type[_Lists]] = {
    "person": _People,
    "address": _Places,
    "finance": _Companies,
    "text": _Texts,
}
INTERNATIONAL: dict[str, ModuleType] = {
    "address": address,
    "common": common,
    "finance": finance,
    "internet": internet,
    "person": persons,
}


@lru_cache(maxsize=64)
def _data(source: str, locale: str) -> dict[str, Any]:
    return SOURCES[source](Locale(locale)).all()


def entry(locale: str, source: str, *keys: str) -> Any:
    """Return what mimesis knows under these keys, or None."""
    found: Any = _data(source, locale)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


class WordList(tuple[str, ...]):
    """Texts to pick from, of which one thing is found out only once."""

    @cached_property
    def has_blanks(self) -> bool:
        """Return whether a text consists of several words."""
        return any(" " in text for text in self)


@lru_cache(maxsize=512)
def words(locale: str, source: str, *keys: str) -> WordList:
    """Return a list without doubles; English stands in where a locale has none."""
    found = entry(locale, source, *keys)
    if isinstance(found, dict):  # by gender, where the language bends names
        found = [text for part in found.values() if isinstance(part, list) for text in part]
    if not found and locale != FALLBACK:
        return words(FALLBACK, source, *keys)
    return WordList(dict.fromkeys(str(text).strip() for text in found or () if text))


@lru_cache(maxsize=64)
def ascii_words(locale: str, *keys: str) -> WordList:
    """Return names as mail addresses spell them: `jürgen` is `juergen`."""
    spelled = (spell(name, locale) for name in words(locale, "person", *keys))
    found = WordList(dict.fromkeys(name for name in spelled if name))
    return found or ascii_words(FALLBACK, *keys)


GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "æ": "ae", "ł": "l"})


def spell(name: str, locale: str = FALLBACK) -> str:
    """Return the name in small letters without accents, as far as that can be done."""
    table = common.ROMANIZATION_DICT.get(locale.partition("-")[0], {})
    letters = name.lower().translate(GERMAN)
    letters = "".join(table.get(letter, letter) for letter in letters)
    plain = unicodedata.normalize("NFKD", letters)
    return "".join(letter for letter in plain if "a" <= letter <= "z" or "0" <= letter <= "9")


def international(module: str, name: str) -> Any:
    """Return a list that is the same everywhere."""
    return getattr(INTERNATIONAL[module], name)

"""From `de_AT` to the data that there is."""

from difflib import get_close_matches
from typing import Any

from mimesis.locales import Locale

from apps.jobs.unacceptable import Unacceptable

# mimesis names a language where it has only one country of it.
REGION_OF = {"cs": "CZ", "da": "DK", "el": "GR", "en": "US", "et": "EE", "fa": "IR", "ja": "JP"}
REGION_OF |= {"kk": "KZ", "ko": "KR", "sv": "SE", "uk": "UA", "zh": "CN", "ar": "EG"}


def _tag(code: str) -> str:
    language, _, region = code.partition("-")
    return f"{language}_{(region or REGION_OF.get(language, language)).upper()}"


CODE_OF: dict[str, str] = {}
for _locale in sorted(Locale, key=lambda locale: locale.value):
    CODE_OF[_tag(_locale.value)] = _locale.value
TAGS = sorted(CODE_OF)
LOCALE_DEFAULT = "en_US"


def read_locale(given: Any) -> dict[str, int]:
    """
    Understand `"de_DE"` or `{"de_DE": 70, "fr_FR": 30}`; return shares of hundred by mimesis code.

    :raises Unacceptable: if we have no data for a locale, or the shares make no hundred
    """
    if isinstance(given, str):
        return {_code(given): 100}
    if not isinstance(given, dict) or not given or len(given) > 20:
        message = "locale must be a tag such as de_DE, or an object of tags and weights."
        raise Unacceptable("locale", "invalid", message)
    weights = {}
    for tag, weight in given.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or weight <= 0:
            raise Unacceptable(f"locale.{tag}", "invalid", "A weight must be a number above 0.")
        weights[_code(tag)] = float(weight)
    return _hundred(weights)


def _code(tag: str) -> str:
    wanted = tag.replace("-", "_")
    language, _, region = wanted.partition("_")
    wanted = f"{language.lower()}_{region.upper()}" if region else language.lower()
    if wanted in CODE_OF:
        return CODE_OF[wanted]
    if wanted in CODE_OF.values():  # a bare language
        return wanted
    nearest = [known for known in TAGS if known.startswith(f"{language.lower()}_")]
    nearest = nearest or get_close_matches(wanted, TAGS, n=1, cutoff=0) or [LOCALE_DEFAULT]
    message = f"There is no data for {tag[:20]}; the nearest is {nearest[0]}."
    raise Unacceptable("locale", "unsupported_locale", message)


def _hundred(weights: dict[str, float]) -> dict[str, int]:
    total = sum(weights.values())
    shares = {code: int(100 * weight / total) for code, weight in weights.items()}
    largest = max(shares, key=lambda code: shares[code])
    shares[largest] += 100 - sum(shares.values())
    return shares

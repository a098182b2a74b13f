"""Words, sentences, and texts by a pattern."""

from random import Random

from apps.jobs.generation.columns import Column, Free, Indexed, Values, pool
from apps.jobs.generation.field_type import Param, Spec, field_type, need_order
from apps.jobs.generation.masks import masked
from apps.jobs.generation.randomness import draw, fork
from apps.jobs.generation.regex import regex_column
from apps.jobs.generation.words import words

GROUP = "text"


@field_type("word", GROUP, "A word.", localized=True, distributes=True)
def word(spec: Spec) -> Column:
    return pool(words(spec.locale, "text", "words"), distribution=spec.spread())


def _sentences(locale: str, least: int, most: int) -> Free:
    vocabulary = words(locale, "text", "words")

    def make(random: Random, count: int) -> Values:
        lengths = [least + extra for extra in draw(fork(random), count, most - least + 1)]
        picks = draw(fork(random), sum(lengths), len(vocabulary))
        picked = [vocabulary[index] for index in picks]
        sentences, begin = [], 0
        for length in lengths:
            text = " ".join(picked[begin : begin + length])
            sentences.append(text[0].upper() + text[1:] + ".")
            begin += length
        return sentences

    return Free(make)


@field_type(
    "sentence",
    GROUP,
    "A sentence of words that belong to no story.",
    Param("minWords", "integer", "At least so many.", 4, 1, 50),
    Param("maxWords", "integer", "At most so many.", 12, 1, 50),
    localized=True,
)
def sentence(spec: Spec) -> Column:
    need_order(spec["minWords"], spec["maxWords"], "minWords")
    return _sentences(spec.locale, spec["minWords"], spec["maxWords"])


@field_type(
    "paragraph",
    GROUP,
    "Several sentences.",
    Param("sentences", "integer", "How many.", 4, 1, 20),
    localized=True,
)
def paragraph(spec: Spec) -> Column:
    single, number = _sentences(spec.locale, 4, 12), spec["sentences"]

    def make(random: Random, count: int) -> Values:
        texts = single.draw(random, count * number)
        return [" ".join(texts[n : n + number]) for n in range(0, len(texts), number)]

    return Free(make)


@field_type("color", GROUP, "A colour such as #3fa9c0.")
def color(_spec: Spec) -> Column:
    return Indexed(2**24, lambda indexes: [f"#{index:06x}" for index in indexes])


@field_type(
    "pattern",
    GROUP,
    "A text by a mask: # a digit, ? a capital letter, * either, \\ takes the next as it is.",
    Param("mask", "string", "Such as ###-??.", required=True),
)
def pattern(spec: Spec) -> Column:
    return masked(spec["mask"])


@field_type(
    "regex",
    GROUP,
    "A text that matches a regular expression without look-around and back references.",
    Param("pattern", "string", "Such as [A-Z]{2}-\\d{4,6}; * and + mean at most 8.", required=True),
)
def regex(spec: Spec) -> Column:
    return regex_column(spec["pattern"])

"""The form of the customers' page: what was chosen, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.feedback.models.feedback import HIGHEST, LONGEST_TEXT, LOWEST
from apps.feedback.reading import COMMENT, RATINGS, length
from apps.feedback.refusals import FeedbackRefused

NOT_RATED = "0"
# A number of each plural category that any language has (CLDR), for the counter of the script.
SAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


class Choice(NamedTuple):
    """One star."""

    value: str
    label: str
    word: str
    is_chosen: bool


@dataclass(frozen=True)
class Question:
    """A row of stars."""

    name: str
    title: str
    is_required: bool
    choices: list[Choice]
    complaint: str = ""

    @property
    def is_unrated(self) -> bool:
        """Return whether no star is chosen."""
        return not any(choice.is_chosen for choice in self.choices)


@dataclass(frozen=True)
class AnswerForm:
    """What a customer has entered so far; a new form is empty."""

    entered: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def sent(cls, entered: Mapping[str, str]) -> "AnswerForm":
        """Return the form as it was sent; a line break counts as one character, as on the page."""
        comment = entered.get("comment", "").replace("\r\n", "\n")
        return cls({name: entered.get(name, "") for name in RATINGS} | {"comment": comment})

    @property
    def answer(self) -> dict[str, str | None]:
        """Return what the service takes."""
        ratings = {name: self.entered.get(name) or None for name in RATINGS}
        return ratings | {"comment": self.comment}

    @property
    def comment(self) -> str:
        """Return the comment as it was typed."""
        return self.entered.get("comment", "")

    @property
    def complaints(self) -> dict[str, str]:
        """Return a sentence for each field that is not acceptable."""
        return {name: self._sentence(name) for name in (*RATINGS, *COMMENT) if self._is_bad(name)}

    def questions(self, complaints: Mapping[str, str]) -> list[Question]:
        """Return the rows of stars, the overall one first."""
        titles = {
            "rating": _("How was it overall?"),
            "productQuality": _("Product quality"),
            "deliveryExperience": _("Delivery"),
        }
        return [
            Question(name, title, name == "rating", self._stars(name), complaints.get(name, ""))
            for name, title in titles.items()
        ]

    def _stars(self, name: str) -> list[Choice]:
        words = [_("Very poor"), _("Poor"), _("Fine"), _("Good"), _("Excellent")]
        return [
            Choice(
                value=str(number),
                label=ngettext("%(number)s star", "%(number)s stars", number) % {"number": number},
                word=word,
                is_chosen=self.entered.get(name) == str(number),
            )
            for number, word in zip(range(LOWEST, HIGHEST + 1), words, strict=True)
        ]

    def _is_bad(self, name: str) -> bool:
        _column, read = {**RATINGS, **COMMENT}[name]
        try:
            read(self.answer, name)
        except FeedbackRefused:
            return True
        return False

    def _sentence(self, name: str) -> str:
        if name != "comment":
            return _("Please choose from 1 to 5 stars.")
        over = length(self.comment) - LONGEST_TEXT
        return too_long(over) if over > 0 else _("This holds a character that we cannot keep.")


def too_long(number: int) -> str:
    """Return the sentence about a comment with so many characters too many."""
    sentence = ngettext(
        "Your comment is %(number)s character too long.",
        "Your comment is %(number)s characters too long.",
        number,
    )
    return sentence % {"number": number}


def counter_sentences() -> dict[str, dict[str, str]]:
    """Return what the script says beside the comment, by plural category; {n} is the number."""
    return {
        category: {
            "left": ngettext("%(number)s character left", "%(number)s characters left", sample)
            % {"number": "{n}"},
            "over": ngettext(
                "%(number)s character too many", "%(number)s characters too many", sample
            )
            % {"number": "{n}"},
        }
        for category, sample in SAMPLES.items()
    }

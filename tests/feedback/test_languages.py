"""The translations are whole, and the compiled catalogues are those of the sources."""

import ast
import gettext
import re
import string
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

from config.env import BASE_DIR

LANGUAGES = ("de", "ar")
TEMPLATES = [
    *(BASE_DIR / "templates" / "feedback").glob("*.html"),
    *(BASE_DIR / "templates" / "mails").glob("feedback_*"),
]
NAMES = {"_", "gettext", "ngettext"}
# What Django's own extraction makes of template tags, for xgettext to read.
ASKED = re.compile(
    r"(?:n?gettext| _)\((u?'.*?(?<!\\)'|u?\"\"\".*?\"\"\"|u?\".*?(?<!\\)\")", re.DOTALL
)


def catalogue(language: str, kind: str) -> Path:
    return BASE_DIR / "locale" / language / "LC_MESSAGES" / f"django.{kind}"


def read_source(path: Path) -> dict[str, dict[str, str]]:
    """Return the entries of a .po file by msgid: its keyword lines, joined."""
    entries: dict[str, dict[str, str]] = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        entry: dict[str, str] = {}
        keyword = ""
        for line in block.splitlines():
            found = re.match(r'(?:(msg\w+(?:\[\d\])?) )?(".*")$', line)
            if found:
                keyword = found[1] or keyword
                entry[keyword] = entry.get(keyword, "") + ast.literal_eval(found[2])
        if entry:
            entries[entry["msgid"]] = entry
    return entries


def sentences_of(path: Path) -> set[str]:
    """Return what a template or a module asks to be translated."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        named = [call for call in calls if getattr(call.func, "id", "") in NAMES]
        return {call.args[0].value for call in named if isinstance(call.args[0], ast.Constant)}
    asked = ASKED.findall(templatize(text))
    return {ast.literal_eval(each) for each in asked}


@pytest.fixture(scope="module")
def wanted() -> set[str]:
    modules = (BASE_DIR / "apps" / "feedback").glob("*.py")
    return set().union(*(sentences_of(path) for path in [*TEMPLATES, *modules]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_is_left_over(language, wanted):
    known = set(read_source(catalogue(language, "po"))) - {""}

    assert len(wanted) > 40
    assert known == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_empty_or_drops_a_placeholder(language):
    for sentence, entry in read_source(catalogue(language, "po")).items():
        translations = [text for name, text in entry.items() if name.startswith("msgstr")]
        assert all(translations), sentence
        wanted = set(re.findall(r"%\(\w+\)s|<b>|</b>", sentence))
        for text in translations:
            assert set(re.findall(r"%\(\w+\)s|<b>|</b>", text)) == wanted, sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_source(language):
    with catalogue(language, "mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    expected = {}
    for sentence, entry in read_source(catalogue(language, "po")).items():
        for name, text in entry.items():
            if plural := re.fullmatch(r"msgstr\[(\d)\]", name):
                expected[(sentence, int(plural[1]))] = text
            elif name == "msgstr":
                expected[sentence] = text
    assert compiled._catalog == expected


@pytest.mark.parametrize(("language", "forms"), [("de", 2), ("ar", 6)])
def test_plurals_have_every_form_of_the_language(language, forms):
    entries = read_source(catalogue(language, "po")).values()
    plurals = [entry for entry in entries if "msgid_plural" in entry]

    assert plurals
    assert {sum(name.startswith("msgstr[") for name in entry) for entry in plurals} == {forms}


def test_no_sentence_is_english_in_another_language():
    letters = set(string.ascii_letters)
    for sentence, entry in read_source(catalogue("ar", "po")).items():
        if sentence:
            shown = re.sub(r"%\(\w+\)s|</?b>", "", entry.get("msgstr") or entry["msgstr[5]"])
            assert not letters & set(shown), sentence

import re
from typing import NamedTuple

from apps.jobs.unacceptable import Unacceptable

LONGEST = 2000
TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | \[(?P<quoted>[^\]]+)\]
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<mark><=|>=|==|!=|<>|[-+*/%&=<>(),])
)""",
    re.VERBOSE,
)
ESCAPE = re.compile(r"\\(.)")


class Token(NamedTuple):
    """A piece of a formula."""

    kind: str
    text: str
    at: int


def split(source: str) -> list[Token]:
    """
    Cut a formula into its pieces.

    :raises Unacceptable: if something is none
    """
    if len(source) > LONGEST:
        raise Unacceptable("expression", "too_long", f"At most {LONGEST} characters.")
    tokens, at = list[Token](), 0
    text = source.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            place = at + len(text[at:]) - len(text[at:].lstrip())
            message = f"{text[place]} at character {place + 1} is not understood."
            raise Unacceptable("expression", "invalid_expression", message)
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "text":
            value = ESCAPE.sub(r"\1", value[1:-1])
        tokens.append(Token("name" if kind == "quoted" else kind, value, match.start(kind) + 1))
        at = match.end()
    return tokens

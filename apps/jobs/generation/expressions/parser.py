"""Reads a formula by operator precedence; bounded in length, depth and size."""

from typing import NoReturn

from apps.jobs.generation.expressions.functions import FUNCTIONS, INVERT, NEGATE, OPERATORS
from apps.jobs.generation.expressions.tokens import Token, split
from apps.jobs.generation.expressions.tree import Call, Formula, Literal, Name, Node
from apps.jobs.unacceptable import Unacceptable

PRECEDENCE = {"or": 1, "and": 2, "=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3}
PRECEDENCE |= {"&": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
COMPARISON, UNARY, NOT = 3, 7, 2
SAME = {"==": "=", "<>": "!="}
WORDS = {"true": True, "false": False, "null": None}
DEEPEST = 40
MOST_NODES = 500


def parse(source: str) -> Formula:
    """
    Understand a formula.

    :raises Unacceptable: if it is none, or too large
    """
    return _Parser(split(source)).formula()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._next, self._nodes = tokens, 0, 0
        self._names = set[str]()

    def formula(self) -> Formula:
        root = self._expression(0, 0)
        if self._next < len(self._tokens):
            self._refuse(f"{self._tokens[self._next].text[:20]} was not expected")
        return Formula(root, frozenset(self._names))

    def _expression(self, binding: int, depth: int) -> Node:
        if depth > DEEPEST:
            self._refuse("The expression is nested too deeply")
        left = self._operand(depth)
        while (operator := self._operator()) and PRECEDENCE[operator] > binding:
            self._next += 1
            right = self._expression(PRECEDENCE[operator], depth + 1)
            left = self._node(Call(OPERATORS[operator], (left, right)))
            following = self._operator()
            chained = following and PRECEDENCE[following] == COMPARISON
            if PRECEDENCE[operator] == COMPARISON and chained:
                self._refuse("Comparisons cannot be chained; join two with and")
        return left

    def _operator(self) -> str:
        token = self._peek()
        if token is None or token.kind not in ("mark", "name"):
            return ""
        text = SAME.get(token.text, token.text)
        return text if text in PRECEDENCE else ""

    def _operand(self, depth: int) -> Node:
        token = self._take()
        if token.kind == "number":
            return self._node(Literal(_number(token.text)))
        if token.kind == "text":
            return self._node(Literal(token.text))
        if token.text == "-":
            return self._node(Call(NEGATE, (self._expression(UNARY, depth + 1),)))
        if token.text == "(":
            inner = self._expression(0, depth + 1)
            self._expect(")")
            return inner
        if token.kind != "name" or token.text in PRECEDENCE:
            self._refuse(f"{token.text[:20]} was not expected")
        return self._named(token.text, depth)

    def _named(self, name: str, depth: int) -> Node:
        following = self._peek()
        if name == "not":
            return self._node(Call(INVERT, (self._expression(NOT, depth + 1),)))
        if following is not None and following.text == "(" and following.kind == "mark":
            return self._call(name, depth)
        if name in WORDS:
            return self._node(Literal(WORDS[name]))
        self._names.add(name)
        return self._node(Name(name))

    def _call(self, name: str, depth: int) -> Node:
        function = FUNCTIONS.get(name)
        if function is None:
            self._refuse(f"There is no function {name[:40]}")
        self._next += 1
        arguments = list[Node]()
        while not self._is_next(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._expression(0, depth + 1))
        self._expect(")")
        if not function.least <= len(arguments) <= function.most:
            self._refuse(f"{name} takes {function.least} to {function.most} arguments")
        return self._node(Call(function.act, tuple(arguments)))

    def _node(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._refuse("The expression is too large")
        return node

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _is_next(self, mark: str) -> bool:
        token = self._peek()
        return token is not None and token.kind == "mark" and token.text == mark

    def _take(self) -> Token:
        token = self._peek()
        if token is None:
            self._refuse("The expression ends too early")
        self._next += 1
        return token

    def _expect(self, mark: str) -> None:
        if not self._is_next(mark):
            self._refuse(f"{mark} is missing")
        self._next += 1

    def _refuse(self, why: str) -> NoReturn:
        place = self._tokens[min(self._next, len(self._tokens) - 1)].at if self._tokens else 1
        message = f"{why} (near character {place})."
        raise Unacceptable("expression", "invalid_expression", message)


def _number(text: str) -> int | float:
    if text.isdigit() and len(text) <= 18:
        return int(text)
    return float(text)

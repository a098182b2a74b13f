"""
What formulas can do. Nothing in, nothing out: a null makes the result null, unless a function
says otherwise. There is no function by which a short formula makes a long text or runs for long.
"""

import math
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any, NamedTuple

from apps.jobs.generation.expressions.tree import LONGEST_RESULT, FormulaFailed

DATE_LENGTH = 10


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormulaFailed(f"A number is needed, not {_shown(value)}.")
    return value


def _whole(value: Any) -> int:
    number = _number(value)
    if number != number or abs(number) > 10**9:
        raise FormulaFailed("That number is too large.")
    return int(number)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:.15g}" if _is_float(value) else str(value)


def _is_float(value: Any) -> bool:
    return isinstance(value, float)


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value[:DATE_LENGTH])
    except (TypeError, ValueError):
        raise FormulaFailed(f"A date is needed, not {_shown(value)}.") from None


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise FormulaFailed(f"Yes or no is needed, not {_shown(value)}.")
    return value


def _shown(value: Any) -> str:
    return f"“{value[:30]}”" if isinstance(value, str) else str(value)[:30]


def strict(act: Callable[..., Any]) -> Callable[..., Any]:
    """Let a null among the arguments be the result, and so what has no finite result."""

    @wraps(act)
    def acting(*values: Any) -> Any:
        if any(value is None for value in values):
            return None
        try:
            result = act(*values)
        except (OverflowError, ZeroDivisionError, ValueError):
            return None
        return None if _is_float(result) and not math.isfinite(result) else result

    return acting


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return _text(left) + _text(right)
    return _number(left) + _number(right)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def comparing(left: Any, right: Any) -> bool:
        if isinstance(left, str) is not isinstance(right, str):
            raise FormulaFailed(f"{_shown(left)} and {_shown(right)} cannot be compared.")
        return compare(left, right)

    return comparing


OPERATORS: dict[str, Callable[..., Any]] = {
    "+": strict(_add),
    "-": strict(lambda left, right: _number(left) - _number(right)),
    "*": strict(lambda left, right: _number(left) * _number(right)),
    "/": strict(lambda left, right: _number(left) / _number(right)),
    "%": strict(lambda left, right: _number(left) % _number(right)),
    "&": lambda left, right: _concat(left, right),
    "=": strict(lambda left, right: bool(left == right)),
    "!=": strict(lambda left, right: bool(left != right)),
    "<": strict(_compared(lambda left, right: left < right)),
    "<=": strict(_compared(lambda left, right: left <= right)),
    ">": strict(_compared(lambda left, right: left > right)),
    ">=": strict(_compared(lambda left, right: left >= right)),
    "and": strict(lambda left, right: _truth(left) and _truth(right)),
    "or": strict(lambda left, right: _truth(left) or _truth(right)),
}
NEGATE = strict(lambda value: -_number(value))
INVERT = strict(lambda value: not _truth(value))


def _concat(*values: Any) -> str:
    return "".join(_text(value) for value in values if value is not None)


def _if(condition: Any, then: Any, otherwise: Any = None) -> Any:
    return then if condition is not None and _truth(condition) else otherwise


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _round(value: Any, places: Any = 0) -> Any:
    digits = max(-15, min(15, _whole(places)))
    rounded = round(_number(value), digits)
    return int(rounded) if digits <= 0 else rounded


def _substr(text: Any, start: Any, length: Any = LONGEST_RESULT) -> str:
    begin = max(0, _whole(start) - 1)
    return _text(text)[begin : begin + max(0, _whole(length))]


def _pad(text: Any, width: Any, fill: Any = "0") -> str:
    room = min(_whole(width), 100)
    return _text(text).rjust(room, (_text(fill) or " ")[0])


def _to_number(value: Any) -> Any:
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _add_days(day: Any, days: Any) -> str:
    return (_date(day) + timedelta(days=_whole(days))).isoformat()


class Function(NamedTuple):
    """A function, and how many arguments it takes."""

    act: Callable[..., Any]
    least: int
    most: int


def _strict(act: Callable[..., Any], least: int, most: int | None = None) -> Function:
    return Function(strict(act), least, least if most is None else most)


MANY = 20
FUNCTIONS = {
    "abs": _strict(lambda value: abs(_number(value)), 1),
    "round": _strict(_round, 1, 2),
    "floor": _strict(lambda value: math.floor(_number(value)), 1),
    "ceil": _strict(lambda value: math.ceil(_number(value)), 1),
    "sqrt": _strict(lambda value: math.sqrt(_number(value)), 1),
    "min": _strict(lambda *values: min(map(_number, values)), 1, MANY),
    "max": _strict(lambda *values: max(map(_number, values)), 1, MANY),
    "number": _strict(_to_number, 1),
    "text": _strict(_text, 1),
    "upper": _strict(lambda value: _text(value).upper(), 1),
    "lower": _strict(lambda value: _text(value).lower(), 1),
    "title": _strict(lambda value: _text(value).title(), 1),
    "trim": _strict(lambda value: _text(value).strip(), 1),
    "length": _strict(lambda value: len(_text(value)), 1),
    "substr": _strict(_substr, 2, 3),
    "left": _strict(lambda text, length: _substr(text, 1, length), 2),
    "right": _strict(lambda text, n: _text(text)[-_whole(n) :] if _whole(n) > 0 else "", 2),
    "pad": _strict(_pad, 2, 3),
    "replace": _strict(lambda text, old, new: _replace(_text(text), _text(old), _text(new)), 3),
    "contains": _strict(lambda text, part: _text(part) in _text(text), 2),
    "startsWith": _strict(lambda text, part: _text(text).startswith(_text(part)), 2),
    "endsWith": _strict(lambda text, part: _text(text).endswith(_text(part)), 2),
    "year": _strict(lambda day: _date(day).year, 1),
    "month": _strict(lambda day: _date(day).month, 1),
    "day": _strict(lambda day: _date(day).day, 1),
    "weekday": _strict(lambda day: _date(day).isoweekday(), 1),
    "addDays": _strict(_add_days, 2),
    "daysBetween": _strict(lambda first, last: (_date(last) - _date(first)).days, 2),
    "concat": Function(_concat, 1, MANY),
    "coalesce": Function(_coalesce, 1, MANY),
    "if": Function(_if, 2, 3),
    "isNull": Function(lambda value: value is None, 1, 1),
}


def _replace(text: str, old: str, new: str) -> str:
    if not old:
        return text
    if len(text) + text.count(old) * max(0, len(new) - len(old)) > LONGEST_RESULT:
        raise FormulaFailed(f"A text would be longer than {LONGEST_RESULT} characters.")
    return text.replace(old, new)

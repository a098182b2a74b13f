"""Numbers as browsers send them: as numbers, or as text."""

import re
from decimal import Decimal
from typing import Any

from apps.core.money import NotMoney, to_money

LEADING_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,18})")
WHOLE = re.compile(r"\s*[0-9]{1,18}\s*")
DECIMAL = re.compile(r"\s*[+-]?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?\s*")
LARGEST_AMOUNT = Decimal("99999999.99")
LARGEST_INTEGER = 2**31 - 1


def leading_integer(value: Any) -> int | None:
    """Return what JavaScript's parseInt would: the leading digits, or nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = LEADING_INTEGER.match(value if isinstance(value, str) else format(value, "f"))
    return int(found[1]) if found else None


def row_number(value: Any) -> int | None:
    """Return the number of a row that is meant by 7, "7" or 7.0, or nothing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= LARGEST_INTEGER else None


def amount(value: Any) -> Decimal | None:
    """Return a non-negative amount, rounded to the cent, or nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not DECIMAL.fullmatch(value):
        return None
    try:
        money = to_money(str(value).strip())  # by its text: 2.1 means 2.1, not its nearest double
    except (NotMoney, ArithmeticError):
        return None
    return abs(money) if 0 <= money <= LARGEST_AMOUNT else None

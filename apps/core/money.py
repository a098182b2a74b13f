"""Money is Decimal: never a float, always two places when it is shown."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")


class NotMoney(ValueError):
    """This text is not an amount of money."""


def to_money(value: Decimal | int | str) -> Decimal:
    """
    Return the amount rounded to the cent, halves away from zero.

    :raises NotMoney: if the value is no finite number
    """
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise NotMoney(f"{value!r} is not an amount of money.") from None
    if not amount.is_finite():
        raise NotMoney(f"{value!r} is not an amount of money.")
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def as_number(amount: Decimal) -> int | float:
    """Return the JSON number of an amount: a whole one has no decimal point."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)

from decimal import ROUND_HALF_UP, Decimal

HIGHEST = Decimal("99999999.99")
STEPS = (Decimal("0.01"), Decimal("0.50"), Decimal(1), Decimal(5), Decimal(10))


def changed_price(price: Decimal, *, percent: Decimal, step: Decimal) -> Decimal:
    """Return the price so many percent higher, rounded to a multiple of the step."""
    steps = (price * (100 + percent) / 100 / step).quantize(Decimal(1), ROUND_HALF_UP)
    return min((steps * step).quantize(Decimal("0.01")), HIGHEST)

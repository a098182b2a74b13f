"""The claims of March as a pharmacy would type them, faults included; the same at every run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import NamedTuple

from demo.people import FIRST_NAMES, LAST_NAMES, NOTES
from demo.reference import DRUGS, FILED_IN_FEBRUARY, PAYER_WITHOUT_CONTRACT, PAYERS

ROW_COUNT = 560
FIRST_DAY = date(2026, 3, 1)
FIRST_CLAIM_NUMBER = 88_120
SHARE_WITH_NOTE = 0.2

MISSING = "#N/A"
BROKEN_REFERENCE = "#REF!"

Cell = str | int | float | date | None


@dataclass(frozen=True)
class ClaimRow:
    """One line of the sheet; a cell is whatever somebody put there."""

    claim_number: str
    member: Cell
    member_name: str
    payer: Cell
    prescriber: str
    drug_code: Cell
    drug: Cell
    service_date: Cell
    days_of_supply: Cell
    quantity: Cell
    unit_price: Decimal
    amount: Decimal
    note: str


class Quirk(NamedTuple):
    """What is odd about a row, and in how many rows."""

    rows: int
    change: Callable[[ClaimRow], ClaimRow]


FAULTS = {
    # the sheet itself is wrong: these rows never leave the house
    "empty member": Quirk(2, lambda row: replace(row, member=None)),
    "empty drug code": Quirk(1, lambda row: replace(row, drug_code="   ")),
    "empty service date": Quirk(1, lambda row: replace(row, service_date=None)),
    "drug lookup failed": Quirk(2, lambda row: replace(row, drug=MISSING)),
    "days reference broken": Quirk(1, lambda row: replace(row, days_of_supply=BROKEN_REFERENCE)),
    "impossible date": Quirk(1, lambda row: replace(row, service_date="31/02/2026")),
    # the partner finds these unreadable
    "member lost its zeros": Quirk(10, lambda row: replace(row, member=int(f"{row.member}"))),
    "three decimals": Quirk(6, lambda row: replace(row, amount=row.amount + Decimal("0.005"))),
    # ... and these senseless
    "no days of supply": Quirk(5, lambda row: replace(row, days_of_supply=0)),
    "negative days": Quirk(4, lambda row: replace(row, days_of_supply=-3)),
    "letter in drug code": Quirk(
        9, lambda row: replace(row, drug_code=str(row.drug_code).replace("0", "O", 1))
    ),
    "date in the future": Quirk(5, lambda row: replace(row, service_date=date(2062, 3, 9))),
    "taken back": Quirk(5, lambda row: replace(row, quantity=-1, amount=-row.unit_price)),
    # ... and these not ours to send, or sent before
    "no contract": Quirk(11, lambda row: replace(row, payer=PAYER_WITHOUT_CONTRACT)),
    "filed in February": Quirk(
        6, lambda row: replace(row, claim_number=_february_twin(row.claim_number))
    ),
}

# Sheets dress good rows like this; they must still be read as good rows.
LOOKS = {
    "quantity as text": Quirk(24, lambda row: replace(row, quantity=str(row.quantity))),
    "days as text": Quirk(12, lambda row: replace(row, days_of_supply=f"{row.days_of_supply} ")),
    "date as text": Quirk(
        34, lambda row: replace(row, service_date=f"{row.service_date:%d/%m/%Y}")
    ),
    "spaces around": Quirk(
        45,
        lambda row: replace(
            row,
            claim_number=f"{row.claim_number} ",
            member=f" {row.member}",
            member_name=f"{row.member_name}\N{NO-BREAK SPACE}",
            drug_code=f"{row.drug_code}  ",
        ),
    ),
}


def march_claims() -> list[ClaimRow]:
    """List the rows in the order of the sheet, each with at most one fault."""
    chance = Random(20260331)
    number = FIRST_CLAIM_NUMBER
    rows = []
    for fault, look in zip(_dealt(FAULTS, chance), _dealt(LOOKS, chance), strict=True):
        number += chance.randint(1, 4)
        quirk = fault or look
        row = _proper_row(number, chance)
        rows.append(quirk.change(row) if quirk else row)
    return rows


def _dealt(quirks: dict[str, Quirk], chance: Random) -> list[Quirk | None]:
    dealt: list[Quirk | None] = [quirk for quirk in quirks.values() for _ in range(quirk.rows)]
    dealt += [None] * (ROW_COUNT - len(dealt))
    chance.shuffle(dealt)
    return dealt


def _proper_row(number: int, chance: Random) -> ClaimRow:
    drug = chance.choice(DRUGS)
    packs = chance.choice((1, 1, 1, 2))
    quantity = drug.usual_quantity * packs
    return ClaimRow(
        claim_number=f"RX-{number}",
        member=f"{chance.randint(1_000_000, 79_999_999):09d}",
        member_name=f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
        payer=chance.choice(PAYERS),
        prescriber=f"1{chance.randint(0, 999_999_999):09d}",
        drug_code=drug.code,
        drug=drug.name,
        service_date=FIRST_DAY + timedelta(days=chance.randint(0, 30)),
        days_of_supply=drug.usual_days * packs,
        quantity=quantity,
        unit_price=drug.unit_price,
        amount=(drug.unit_price * quantity).quantize(Decimal("0.01"), ROUND_HALF_UP),
        note=chance.choice(NOTES) if chance.random() < SHARE_WITH_NOTE else "",
    )


def _february_twin(claim_number: str) -> str:
    return FILED_IN_FEBRUARY[int(claim_number.removeprefix("RX-")) - FIRST_CLAIM_NUMBER]

"""The partner's rules for one claim: first its shape (400), then its sense (422)."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict

from demo.reference import DRUG_CODES

Claim = Mapping[str, Any]

REQUIRED = ("requestId", "memberId", "payerId", "drugCode", "serviceDate", "daysOfSupply",
            "quantity", "amount")  # fmt: skip
CLAIM_NUMBER = re.compile(r"RX-\d{4,8}")
MEMBER_ID = re.compile(r"\d{9}")
DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y")
LONGEST_SUPPLY_DAYS = 180
LONGEST_NUMBER = 12  # digits; 1e99999999 would take all memory as an integer

USER_ACTIONS = {
    "daysOfSupply": "Check the prescription length and correct the days of supply.",
    "quantity": "Enter the number of units handed out; send a reversal to take a claim back.",
    "drugCode": "Look the product up in the current drug list and correct its code.",
    "serviceDate": "Correct the date of service; claims cannot be filed ahead of time.",
}


class FieldError(TypedDict):
    """One thing wrong with one field, as the partner words it."""

    field: str
    code: str
    message: str


def shape_errors(claim: Claim) -> list[FieldError]:
    """Name what makes the claim unreadable, whatever it may mean."""
    missing = [name for name in REQUIRED if _is_blank(claim.get(name))]
    errors = [_error(name, "missing", "is required") for name in missing]
    return errors + [error for error in _malformed(claim) if error["field"] not in missing]


def rule_errors(claim: Claim, *, today: date) -> list[FieldError]:
    """Name what a well-formed claim must not say."""
    errors = []
    days = int(number_of(claim["daysOfSupply"]) or 0)
    if days <= 0:
        errors.append(_error("daysOfSupply", "min", "must be > 0"))
    elif days > LONGEST_SUPPLY_DAYS:
        errors.append(_error("daysOfSupply", "max", f"must be <= {LONGEST_SUPPLY_DAYS}"))
    if (number_of(claim["quantity"]) or 0) <= 0:
        errors.append(_error("quantity", "min", "must be positive"))
    if str(claim["drugCode"]) not in DRUG_CODES:
        errors.append(_error("drugCode", "unknown", "is not in the drug list"))
    if (served := date_of(claim["serviceDate"])) and served > today:
        errors.append(_error("serviceDate", "future", "must not be in the future"))
    return errors


def date_of(value: object) -> date | None:
    """Read an ISO date, or dd/mm/yyyy as older pharmacy systems send it."""
    for date_format in DATE_FORMATS:
        try:
            return datetime.strptime(str(value), date_format).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def number_of(value: object) -> Decimal | None:
    """Read a JSON number or a number in a string; both are common among senders."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < LONGEST_NUMBER else None


def _malformed(claim: Claim) -> Iterator[FieldError]:
    if not CLAIM_NUMBER.fullmatch(str(claim.get("requestId"))):
        yield _error("requestId", "pattern", "must look like RX-88120")
    if not MEMBER_ID.fullmatch(str(claim.get("memberId"))):
        yield _error("memberId", "pattern", "must be nine digits, leading zeros included")
    for name in ("payerId", "daysOfSupply"):
        number = number_of(claim.get(name))
        if number is None or number != number.to_integral_value():
            yield _error(name, "integer", "must be a whole number")
    if number_of(claim.get("quantity")) is None:
        yield _error("quantity", "number", "must be a number")
    if date_of(claim.get("serviceDate")) is None:
        yield _error("serviceDate", "date", "must be a date such as 2026-03-09")
    if not _is_amount(number_of(claim.get("amount"))):
        yield _error("amount", "decimals", "must be an amount with at most two decimals")


def _is_amount(number: Decimal | None) -> bool:
    return number is not None and number == round(number, 2)


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _error(field: str, code: str, message: str) -> FieldError:
    return {"field": field, "code": code, "message": f"{field} {message}"}

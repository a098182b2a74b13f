"""The sample workbook: what is in it, and what the demo's partner makes of it."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from demo.checks import rule_errors, shape_errors
from demo.claims import ROW_COUNT, march_claims
from demo.hiccups import NEVER_UP, hiccup_of
from demo.partner import DEFAULT_SEED
from demo.reference import FILED_IN_FEBRUARY, PAYERS
from demo.workbook import (
    HEADER_ROW,
    KEY_FIELD,
    MAPPING,
    REQUIRED_FIELDS,
    SHEET,
    WORKBOOK,
    build,
)

TODAY = date(2026, 11, 22)


def cells(path, *, values=True):
    book = load_workbook(path, data_only=values)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


@pytest.fixture(scope="module")
def shipped():
    return cells(WORKBOOK)


def claims_in(rows):
    header = rows[HEADER_ROW - 1]
    return [dict(zip(header, row, strict=True)) for row in rows[HEADER_ROW:] if any(row)]


def verdict(row):
    """Say how the partner would answer a row read with the mapping, outages aside."""
    values = {spec["field"]: row[title] for title, spec in MAPPING.items()}
    record = {field: _plain(value) for field, value in values.items()}
    texts = [value for value in record.values() if isinstance(value, str)]
    if any(text in ("#N/A", "#REF!", "31/02/2026") for text in texts):
        return "sheet"
    if any(record[field] in (None, "") for field in REQUIRED_FIELDS):
        return "sheet"
    if shape_errors(record):
        return 400
    if int(record["payerId"]) not in PAYERS:
        return 403
    if rule_errors(record, today=TODAY):
        return 422
    return 409 if record["requestId"] in FILED_IN_FEBRUARY else 201


def _plain(value):
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.strip() if isinstance(value, str) else value


def test_the_shipped_workbook_is_what_the_builder_builds(tmp_path, shipped):
    fresh = build(tmp_path / "claims.xlsx")

    assert cells(fresh) == shipped
    assert cells(fresh, values=False) == cells(WORKBOOK, values=False)
    assert WORKBOOK.stat().st_size < 120_000


def test_every_mapped_column_and_required_field_is_there(shipped):
    fields = {spec["field"] for spec in MAPPING.values()}

    assert set(MAPPING) <= set(shipped[SHEET][HEADER_ROW - 1])
    assert {KEY_FIELD, *REQUIRED_FIELDS} <= fields
    assert "Notes" in shipped


def test_claim_numbers_are_unique(shipped):
    claims = claims_in(shipped[SHEET])

    assert len(claims) == len({row["Claim no"].strip() for row in claims}) == ROW_COUNT


def test_amounts_are_formulas_with_the_value_beside_them():
    formulas = claims_in(cells(WORKBOOK, values=False)[SHEET])

    computed = [row for row in formulas if str(row["Amount"]).startswith("=ROUND(")]
    assert len(computed) == ROW_COUNT - 6


def test_the_sheet_has_the_usual_mess(shipped):
    claims = claims_in(shipped[SHEET])

    assert sum(row["Member"] != str(row["Member"]).strip() for row in claims) > 10
    assert sum(isinstance(row["Quantity"], str) for row in claims) > 10
    assert sum(isinstance(row["Service date"], str) for row in claims) > 10
    assert sum(str(row["Member"]).strip().startswith("0") for row in claims) > 400
    assert sum(not any(row) for row in shipped[SHEET]) == 4


def test_the_partner_answers_the_sheet_with_every_kind_of_outcome(shipped):
    verdicts = Counter(verdict(row) for row in claims_in(shipped[SHEET]))

    assert verdicts == {201: 491, 422: 28, 400: 16, 403: 11, "sheet": 8, 409: 6}


def test_a_few_claims_meet_an_outage():
    numbers = [row.claim_number.strip() for row in march_claims()]

    outages = Counter(hiccup_of(number, seed=DEFAULT_SEED).outages for number in numbers)

    assert outages == {0: 541, 1: 10, 2: 3, NEVER_UP: 6}


def test_cached_amounts_are_the_product(shipped):
    good = [row for row in claims_in(shipped[SHEET]) if verdict(row) == 201]

    for row in good:
        product = Decimal(row["Quantity"]) * Decimal(str(row["Unit price"]))
        assert abs(product - Decimal(str(row["Amount"]))) <= Decimal("0.005")

"""
Build the sample workbook: `python -m demo.workbook` writes `demo/claims-march.xlsx`.

The mapping below is what the demo hands in with it.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from demo.claims import BROKEN_REFERENCE, MISSING, Cell, ClaimRow, march_claims

WORKBOOK = Path(__file__).with_name("claims-march.xlsx")
SHEET = "Claims"
HEADER_ROW = 1

KEY_FIELD = "requestId"
REQUIRED_FIELDS = [
    "requestId",
    "memberId",
    "payerId",
    "drugCode",
    "serviceDate",
    "daysOfSupply",
    "quantity",
    "amount",
]
MAPPING: dict[str, dict[str, Any]] = {
    "Claim no": {"field": "requestId", "type": "string", "required": True},
    "Member": {"field": "memberId", "type": "string", "required": True},
    "Member name": {"field": "memberName", "type": "string"},
    "Payer": {"field": "payerId", "type": "integer", "required": True},
    "Prescriber": {"field": "prescriberId", "type": "string"},
    "Drug code": {"field": "drugCode", "type": "string", "required": True},
    "Drug": {"field": "drugName", "type": "string"},
    "Service date": {
        "field": "serviceDate",
        "type": "date",
        "format": "dd/MM/yyyy",
        "required": True,
    },
    "Days of supply": {"field": "daysOfSupply", "type": "integer", "required": True},
    "Quantity": {"field": "quantity", "type": "decimal", "required": True},
    "Amount": {"field": "amount", "type": "decimal", "required": True},
    "Note": {"field": "note", "type": "string"},
}

COLUMNS = {
    "Claim no": 12,
    "Member": 12,
    "Member name": 26,
    "Payer": 8,
    "Prescriber": 13,
    "Drug code": 16,
    "Drug": 32,
    "Service date": 13,
    "Days of supply": 15,
    "Quantity": 10,
    "Unit price": 11,
    "Amount": 11,
    "Note": 40,
}
BLANK_ROWS_AFTER = {97: 1, 260: 2, 411: 1}
ERROR_FORMULAS = {MISSING: "=NA()", BROKEN_REFERENCE: "=#REF!+0"}
NOTES = (
    "Claims dispensed in March 2026, exported from the till and completed by hand.",
    "Amount = quantity x unit price. Prices as of 1 March.",
    "Payer 417 joined in mid-March; ask the partner whether we may bill them already.",
    "All names and numbers are invented.",
)


def build(path: Path = WORKBOOK) -> Path:
    """Write the workbook; the same content every time."""
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": datetime(2026, 3, 31, 17, 30, tzinfo=UTC)})
        _fill_claims(workbook)
        _fill_notes(workbook)
    return path


def _fill_claims(workbook: xlsxwriter.Workbook) -> None:
    sheet = workbook.add_worksheet(SHEET)
    bold = workbook.add_format({"bold": True, "bg_color": "#DDE7F0", "bottom": 1})
    day = workbook.add_format({"num_format": "dd/mm/yyyy"})
    money = workbook.add_format({"num_format": "#,##0.00"})
    for column, (title, width) in enumerate(COLUMNS.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, bold)
    sheet.freeze_panes(1, 1)
    row = 1
    for position, claim in enumerate(march_claims(), start=1):
        _write_claim(sheet, row, claim, day=day, money=money)
        row += 1 + BLANK_ROWS_AFTER.get(position, 0)


def _write_claim(
    sheet: Worksheet, row: int, claim: ClaimRow, *, day: Format, money: Format
) -> None:
    cells: list[Cell] = [
        claim.claim_number,
        claim.member,
        claim.member_name,
        claim.payer,
        claim.prescriber,
        claim.drug_code,
        claim.drug,
        claim.service_date,
        claim.days_of_supply,
        claim.quantity,
    ]
    for column, cell in enumerate(cells):
        _write(sheet, row, column, cell, day)
    _, price, amount, note = range(9, 13)
    sheet.write_number(row, price, float(claim.unit_price), money)
    if _is_product(claim):
        formula = f"=ROUND(J{row + 1}*K{row + 1},2)"
        sheet.write_formula(row, amount, formula, money, float(claim.amount))
    else:
        sheet.write_number(row, amount, float(claim.amount))
    if claim.note:
        sheet.write_string(row, note, claim.note)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, day: Format) -> None:
    """Keep text as text: leading zeros and dates in words must survive."""
    if isinstance(cell, date):
        sheet.write_datetime(row, column, cell, day)
    elif isinstance(cell, str) and cell in ERROR_FORMULAS:
        sheet.write_formula(row, column, ERROR_FORMULAS[cell], None, cell)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif cell is not None:
        sheet.write_number(row, column, cell)


def _is_product(claim: ClaimRow) -> bool:
    return claim.amount == round(claim.amount, 2)


def _fill_notes(workbook: xlsxwriter.Workbook) -> None:
    sheet = workbook.add_worksheet("Notes")
    sheet.set_column(0, 0, 90)
    for row, note in enumerate(NOTES):
        sheet.write_string(row, 0, note)


if __name__ == "__main__":
    print(build())

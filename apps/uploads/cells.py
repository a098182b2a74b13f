"""What a cell can hold, and what to make of it."""

from typing import Any

# A scalar, or a tagged value: {"d": date}, {"dt": datetime}, {"t": time}, {"s": seconds},
# {"e": error}, {"j": nested JSON}; dates and times as ISO text without a zone.
Cell = None | str | bool | int | float | dict[str, Any]

NO_VALUE = "#NO_VALUE"


def error_of(cell: Cell) -> str | None:
    """Return what is wrong with an error cell, or None if it is none."""
    if not isinstance(cell, dict) or "e" not in cell:
        return None
    if cell["e"] == NO_VALUE:
        return "The cell holds a formula without a value; open the file in Excel and save it."
    return f"The cell shows {cell['e']}."


def text_of(cell: Cell) -> str:
    """Return what a person sees in the cell."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, dict):
        shown = str(next(iter(cell.values())))
        return shown.replace("T", " ") if "dt" in cell else shown
    return str(cell)

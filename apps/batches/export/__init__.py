"""
A batch's rows as a file: what was sent, and what became of it, in the order of the sheet.

Rows come through a server-side cursor and leave as they come: a million of them need no more
memory than a hundred.
"""

from apps.batches.export.csv_file import csv_lines
from apps.batches.export.ndjson_file import ndjson_lines
from apps.batches.export.rows import TooManyFields, TooManyRows, export_rows, fields_of
from apps.batches.export.xlsx_file import write_xlsx

__all__ = [
    "TooManyFields",
    "TooManyRows",
    "csv_lines",
    "export_rows",
    "fields_of",
    "ndjson_lines",
    "write_xlsx",
]

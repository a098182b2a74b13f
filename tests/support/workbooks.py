"""Workbooks for tests: good ones by xlsxwriter, and hostile ones put together part by part."""

import datetime
import io
import re
import struct
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
ROOT_LINKS = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Claims" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
LINKS = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>"
)
SHEET = "xl/worksheets/sheet1.xml"
HEADER_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>Claim</t></is></c></row>'


def workbook(*rows: Sequence[Any], sheets: Iterable[str] = ("Claims",)) -> bytes:
    """Return a workbook whose first sheet holds these rows; a text with `=` is a formula."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm"})
    for name in sheets:
        book.add_worksheet(name)
    sheet = book.worksheets()[0]
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


def long_workbook(rows: int, columns: int = 1) -> bytes:
    """Return a workbook of so many rows below its header."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet("Claims")
    sheet.write_row(0, 0, [f"Column {number}" for number in range(columns)])
    for row in range(1, rows + 1):
        for column in range(columns):
            sheet.write_number(row, column, row * 31 % 9973)
    book.close()
    return file.getvalue()


def sheet_xml(rows: str, *, before: str = "", dimension: str = "A1:A2") -> str:
    """Return a sheet's XML around the rows."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return (
        f'{head}{before}<worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


def packed(parts: dict[str, str | bytes] | None = None, **replaced: str | bytes) -> bytes:
    """Return a minimal workbook with other parts, or with more of them."""
    contents: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT_LINKS,
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": LINKS,
        SHEET: replaced.pop("sheet", sheet_xml(HEADER_ROW)),
        **(parts or {}),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return file.getvalue()


def rows_xml(*cells: str) -> str:
    """Return the header and one row of these cells."""
    return HEADER_ROW + f'<row r="2">{"".join(cells)}</row>'


MEBIBYTE = 1024 * 1024


def zip_bomb() -> bytes:
    """150 MiB of blanks inside a sheet."""
    return packed(sheet=sheet_xml(HEADER_ROW) + " " * (150 * MEBIBYTE))


def lying_sizes() -> bytes:
    """The same bomb, whose directory speaks of a thousand bytes."""
    return _with_sheet_size(packed(sheet=sheet_xml(HEADER_ROW) + " " * (150 * MEBIBYTE)), 1000)


def slightly_lying_sizes() -> bytes:
    """A harmless sheet that is not as large as it says."""
    return _with_sheet_size(packed(), 20)


def _with_sheet_size(data: bytes, size: int) -> bytes:
    changed = bytearray(data)
    directory = [m.start() for m in re.finditer(b"PK\x01\x02", data)]
    for start in directory:
        length = struct.unpack_from("<H", data, start + 28)[0]
        if data[start + 46 : start + 46 + length] == SHEET.encode():
            struct.pack_into("<I", changed, start + 24, size)
    return bytes(changed)


def nested() -> bytes:
    """A workbook inside a workbook."""
    return packed({"xl/embeddings/inner.xlsx": packed()})


def overlapping() -> bytes:
    """Two thousand directory entries that share the same packed bytes."""
    return _repeated_directory(packed({"xl/media/noise.bin": bytes(range(256)) * 400}), 2_000)


def _repeated_directory(data: bytes, times: int) -> bytes:
    end = data.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HII", data, end + 10)
    directory = data[start : start + size]
    extra = b""
    for number in range(times):
        entry = bytearray(directory[directory.rfind(b"PK\x01\x02") :])
        length = struct.unpack_from("<H", entry, 28)[0]
        entry[46 : 46 + length] = f"n{number}".encode().ljust(length, b"x")
        extra += entry
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, count + times, count + times, size + len(extra))
    return data[:start] + directory + extra + bytes(tail)


def many_parts() -> bytes:
    """Ten thousand and some parts."""
    return packed({f"xl/media/{number}.png": b"" for number in range(10_001)})


def external_entity() -> bytes:
    """A sheet that wants to read /etc/passwd."""
    doctype = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    cell = '<c r="A2" t="inlineStr"><is><t>&secret;</t></is></c>'
    return packed(sheet=sheet_xml(rows_xml(cell), before=doctype))


def billion_laughs() -> bytes:
    """Entities that would grow to a gigabyte, in the shared texts."""
    laughs = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha">' for n in range(10)
    )
    strings = f'<!DOCTYPE sst [{laughs}]><sst xmlns="{MAIN}"><si><t>&l9;</t></si></sst>'
    cell = '<c r="A2" t="s"><v>0</v></c>'
    return packed({"xl/sharedStrings.xml": strings}, sheet=sheet_xml(rows_xml(cell)))


def shared_strings_bomb() -> bytes:
    """Two hundred MiB of shared texts in few bytes."""
    item = "<si><t>" + "x" * 30_000 + "</t></si>"
    strings = f'<sst xmlns="{MAIN}">{item * 7_000}</sst>'
    return packed({"xl/sharedStrings.xml": strings})


def million_columns() -> bytes:
    """A row of a million cells."""
    cells = "".join(f'<c r="{_letters(n)}2"><v>1</v></c>' for n in range(1_000_000))
    return packed(sheet=sheet_xml(HEADER_ROW + f'<row r="2">{cells}</row>'))


def million_columns_without_addresses() -> bytes:
    """The same, counted by position."""
    cells = "".join(f"<c><v>{n}</v></c>" for n in range(1_000_000))
    return packed(sheet=sheet_xml(f"<row>{cells}</row>"))


def _letters(index: int) -> str:
    name, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def far_apart() -> bytes:
    """Two cells, and 17 thousand million between them."""
    cell = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return packed(sheet=sheet_xml(HEADER_ROW + cell))


def lying_dimension() -> bytes:
    """A harmless sheet that says it fills all of Excel."""
    cell = '<c r="A2"><v>7</v></c>'
    return packed(sheet=sheet_xml(rows_xml(cell), dimension="A1:XFD1048576"))


def with_macros() -> bytes:
    """A workbook with a VBA project, under the name of one without."""
    return packed({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(500)})


def macro_type() -> bytes:
    """A workbook that only its content types give away."""
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    return packed({"[Content_Types].xml": TYPES.replace("application/vnd", f"{kind}|", 1)})


def encrypted() -> bytes:
    """What Excel writes when a workbook has a password: a container of its old format."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return head + "EncryptionInfo".encode("utf-16-le") + "EncryptedPackage".encode("utf-16-le")


def old_format() -> bytes:
    """An .xls file under a new name."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "Workbook".encode("utf-16-le")


def truncated() -> bytes:
    """The first half of a workbook."""
    whole = workbook(["Claim"], *([f"RX-{number}"] for number in range(500)))
    return whole[: len(whole) // 2]


def corrupted() -> bytes:
    """A workbook with some of its packed bytes turned over."""
    whole = bytearray(workbook(["Claim"], *([f"RX-{number}"] for number in range(500))))
    at = whole.find(SHEET.encode()) + len(SHEET) + 20
    whole[at : at + 40] = bytes(byte ^ 0xFF for byte in whole[at : at + 40])
    return bytes(whole)


def renamed_program() -> bytes:
    """A Windows program that calls itself a workbook."""
    return b"MZ\x90\x00" + bytes(5_000)


def too_many_rows() -> bytes:
    """One row more than 200,000."""
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 200_003))
    return packed(sheet=sheet_xml(HEADER_ROW + rows))


def not_a_workbook() -> bytes:
    """A zip file of something else."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return file.getvalue()


def with_errors_and_formulas() -> bytes:
    """Error cells as text, formulas with and without their value, and an error far to the right."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Claims"
    sheet.append(["Claim", "Days", "Total", "Note"])
    sheet.append(["RX-1", 3, "=B2*2", None])  # openpyxl never knows a formula's value
    sheet.append(["RX-2", "#N/A", 4, "fine"])
    sheet.append(["RX-3", 5, 6, None])
    sheet["D6"] = "#REF!"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def typed() -> bytes:
    """One row with a value of every type."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("Claims")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    clock = book.add_format({"num_format": "hh:mm"})
    sheet.write_row(0, 0, [f"Column {number}" for number in range(10)])
    sheet.write_string(1, 0, "007")
    sheet.write_number(1, 1, 12)
    sheet.write_number(1, 2, 12.5)
    sheet.write_boolean(1, 3, True)
    sheet.write_datetime(1, 4, datetime.date(2025, 1, 2), day)
    sheet.write_datetime(1, 5, datetime.datetime(2025, 1, 2), moment)  # noqa: DTZ001
    clock_time = datetime.datetime(2025, 1, 2, 3, 4, 5)  # noqa: DTZ001 - Excel knows no zones
    sheet.write_datetime(1, 6, clock_time, moment)
    sheet.write_datetime(1, 7, datetime.time(3, 4), clock)
    sheet.write_blank(1, 8, None, day)
    sheet.write_string(1, 9, "2025-01-02")
    book.close()
    return file.getvalue()


def with_cached_formula() -> bytes:
    """Formulas as Excel saves them: with a number, a text, and an empty text."""
    titles = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{title}</t></is></c>'
        for letter, title in zip("ABC", ("Total", "State", "Note"), strict=True)
    )
    cells = (
        '<c r="A2"><f>6*7</f><v>42</v></c><c r="B2" t="str"><f>"rea"&amp;"dy"</f><v>ready</v></c>'
        '<c r="C2" t="str"><f>""</f><v></v></c>'
    )
    return packed(sheet=sheet_xml(f'<row r="1">{titles}</row><row r="2">{cells}</row>'))


def prefixed() -> bytes:
    """A sheet as some programs write it: every tag with a prefix, and single quotes."""
    rows = (
        "<x:row r='1'><x:c r='A1' t='inlineStr'><x:is><x:t>Claim</x:t></x:is></x:c>"
        "<x:c r='B1' t='inlineStr'><x:is><x:t>Days</x:t></x:is></x:c></x:row>"
        "<x:row r='2'><x:c r='A2' t='inlineStr'><x:is><x:t>RX-1</x:t></x:is></x:c>"
        "<x:c r='B2' t='e'><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c></x:row>"
    )
    sheet = f"<x:worksheet xmlns:x='{MAIN}'><x:sheetData>{rows}</x:sheetData></x:worksheet>"
    return packed(sheet=sheet)

import json
import os
import time
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.test import override_settings

from apps.uploads.cells import error_of, text_of
from apps.uploads.models import Upload
from apps.uploads.reader_process import ReaderProcess
from apps.uploads.reading import (
    SheetNotFound,
    TooManyRows,
    Unreadable,
    open_sheet,
    read_info,
    read_rows,
)
from tests.factories.uploads import UploadFactory
from tests.support import workbooks
from tests.support.memory import growth_of_process_tree
from tests.support.workbooks import workbook


@pytest.fixture
def on_disk(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def reader() -> psutil.Process:
    (child,) = [
        child
        for child in psutil.Process().children()
        if "apps.uploads.sandbox" in " ".join(child.cmdline())
    ]
    return child


def rows_of(path, **options):
    return [(row.row, row.values) for row in read_rows(path, **options)]


def test_columns_are_named_once_each(on_disk):
    path = on_disk("a.xlsx", workbook([" Claim ", "Days", "Days", None, 7], [1, 2, 3, 4, 5]))

    info = read_info(path)

    assert info.columns == ["Claim", "Days", "Days (2)", "Column D", "7"]
    assert (info.sheets, info.sheet, info.rows) == (["Claims"], "Claims", 1)


def test_values_keep_their_types(on_disk):
    path = on_disk("a.xlsx", workbooks.typed())

    ((number, values),) = rows_of(path)

    assert number == 2
    assert values == [
        "007",
        12,
        12.5,
        True,
        {"d": "2025-01-02"},
        {"d": "2025-01-02"},
        {"dt": "2025-01-02T03:04:05"},
        {"t": "03:04:00"},
        None,
        "2025-01-02",
    ]
    assert [type(value) for value in values[:4]] == [str, int, float, bool]


def test_error_cells_and_formulas_without_a_value_are_told_from_empty_ones(on_disk):
    path = on_disk("a.xlsx", workbooks.with_errors_and_formulas())

    rows = rows_of(path)

    assert rows == [
        (2, ["RX-1", 3, {"e": "#NO_VALUE"}, None]),
        (3, ["RX-2", {"e": "#N/A"}, 4, "fine"]),
        (4, ["RX-3", 5, 6, None]),
        (5, [None] * 4),
        (6, [None, None, None, {"e": "#REF!"}]),
    ]
    assert error_of(rows[1][1][1]) == "The cell shows #N/A."
    assert "formula without a value" in error_of(rows[0][1][2])
    assert error_of("#N/A") is None


def test_a_formula_gives_the_value_that_excel_saved(on_disk):
    path = on_disk("a.xlsx", workbooks.with_cached_formula())

    assert rows_of(path) == [(2, [42, "ready", None])]


def test_prefixed_and_single_quoted_sheets_hide_no_errors(on_disk):
    path = on_disk("a.xlsx", workbooks.prefixed())

    assert rows_of(path) == [(2, ["RX-1", {"e": "#DIV/0!"}])]


def test_a_header_further_down_and_another_sheet_can_be_chosen(on_disk):
    path = on_disk("a.xlsx", workbook(["Report"], [], ["Claim"], ["RX-1"], sheets=("A", "B")))

    assert rows_of(path, header_row=3) == [(4, ["RX-1"])]
    assert rows_of(path, header_row=0)[0] == (1, ["Report"])
    with pytest.raises(Unreadable, match="'B' is empty"):
        read_info(path, sheet="B")
    with pytest.raises(SheetNotFound, match=r"Sheet 'March' not found; there are 'A', 'B'\."):
        read_info(path, sheet="March")
    with pytest.raises(Unreadable, match="ends before it"):
        read_info(path, header_row=9)


def test_blank_rows_between_keep_their_numbers(on_disk):
    path = on_disk("a.xlsx", workbook(["Claim"], ["RX-1"], [], ["RX-2"]))

    assert rows_of(path) == [(2, ["RX-1"]), (3, [None]), (4, ["RX-2"])]


def test_a_table_that_does_not_begin_in_a1_keeps_its_letters(on_disk):
    path = on_disk("a.xlsx", workbook([], [None, None, "Claim"], [None, None, "RX-1"]))

    assert read_info(path, header_row=2).columns == ["Column A", "Column B", "Claim"]
    assert rows_of(path, header_row=2) == [(3, [None, None, "RX-1"])]


def test_more_rows_than_allowed_are_refused(on_disk):
    sheet = on_disk("a.xlsx", workbook(["Claim"], *(["RX"] for _ in range(5))))
    text = on_disk("a.csv", "Claim\n" + "RX\n" * 5)

    for path in (sheet, text):
        assert len(rows_of(path, max_rows=5)) == 5
        with pytest.raises(TooManyRows, match="4"):
            rows_of(path, max_rows=4)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'Claim,Note\nRX-1,"one, two"\nRX-2,\n'),
        ("a.csv", 'Claim;Note\r\nRX-1;"one, two"\r\nRX-2;\r\n'),
        ("a.tsv", "Claim\tNote\nRX-1\tone, two\nRX-2\t\n"),
        ("a.txt", "\ufeffClaim|Note\nRX-1|one, two\nRX-2|\n"),
    ],
)
def test_delimited_text_is_read_as_text(name, text, on_disk):
    path = on_disk(name, text)

    assert read_info(path).columns == ["Claim", "Note"]
    assert rows_of(path) == [(2, ["RX-1", "one, two"]), (3, ["RX-2", None])]


def test_a_row_with_more_values_than_columns_is_named(on_disk):
    path = on_disk("a.csv", "Claim,Days\nRX-1,3\nRX-2,4,5\n")

    with pytest.raises(Unreadable, match="Row 3 has 3 values for 2 columns"):
        rows_of(path)


def test_utf_16_and_declared_encodings_are_read(db, on_disk):
    wide = on_disk("a.csv", "Kläger,Tage\nMüller,3\n".encode("utf-16"))
    western = UploadFactory(
        original_name="b.csv",
        content="Kläger;Tage\nMüller;3\n".encode("windows-1252"),
        encoding="windows-1252",
    )

    for source in (wide, western):
        assert read_info(source).columns == ["Kläger", "Tage"]
        assert rows_of(source) == [(2, ["Müller", "3"])]


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_json_records_become_rows(name, on_disk):
    records = [{"claim": "RX-1", "days": 3, "tags": ["a"]}, {"claim": "RX-2", "days": 2.5}]
    lines = "\n".join(json.dumps(record) for record in records)
    path = on_disk(name, json.dumps(records, indent=2) if name == "a.json" else lines)

    assert read_info(path).columns == ["claim", "days", "tags"]
    assert rows_of(path) == [(2, ["RX-1", 3, {"j": ["a"]}]), (3, ["RX-2", 2.5, None])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"a": 1}, 5]', "Record 2 is not an object"),
        ('[{"a": 1}, {"a": ]', "Record 2 is not valid JSON"),
        ('[{"a": NaN}]', "Record 1 is not valid JSON"),
        ('[{"a": 1} {"a": 2}]', "After record 1 a comma"),
        ('[{"a": 1}] x', "after the end of the list"),
        ('[{"a": 1}', "After record 1 a comma or the end"),
        ("[]", "no records"),
        ('[{"a": ' + "[" * 40 + "]" * 40 + "}]", "more than 32 levels"),
        ('[{"a": ' + "[" * 9_000 + "]" * 9_000 + "}]", "more than 32 levels"),
        ('[{"a": "' + "x" * 3_000_000 + '"}]', "larger than 1 MiB"),
        ("[" + '{"a": 1},' * 1_500 + '{"b": 1}]', "Record 1501 has 'b'"),
    ],
)
def test_broken_json_is_refused_with_its_record(text, words, on_disk):
    path = on_disk("a.json", text)

    with pytest.raises(Unreadable, match=words):
        rows_of(path)


@pytest.mark.parametrize("name", ["million_columns", "far_apart", "truncated", "corrupted"])
def test_what_slips_past_the_guard_kills_only_the_child(name, on_disk):
    path = on_disk("a.xlsx", getattr(workbooks, name)())

    with growth_of_process_tree() as growth, pytest.raises(Unreadable):
        rows_of(path)

    assert growth.peak < 1024**3


def test_leaving_early_ends_the_child(on_disk):
    path = on_disk("a.csv", "Claim\n" + "RX-1\n" * 500_000)

    with open_sheet(path) as opened:
        next(opened.chunks())
        child = reader()

    assert not psutil.pid_exists(child.pid)


def test_the_child_gets_none_of_our_secrets(on_disk):
    path = on_disk("a.csv", "Claim\n" + "RX-1\n" * 500_000)

    with open_sheet(path):
        child = reader()
        environment = child.environ()

    assert "DJANGO_SECRET_KEY" in os.environ
    assert set(environment) == {"PATH", "LC_ALL", "MALLOC_ARENA_MAX"}


def test_a_silent_child_is_not_waited_for(on_disk):
    os.mkfifo(pipe := on_disk("x", "").with_suffix(".csv"))
    task = {
        "path": str(pipe),
        "kind": "delimited",
        "sheet": None,
        "header_row": 1,
        "max_rows": 5,
        "encoding": "utf-8",
        "delimiter": ",",
        "info_only": False,
    }

    start = time.monotonic()
    with ReaderProcess(task, seconds=0.2) as process, pytest.raises(Unreadable, match="within"):
        process.receive()

    assert time.monotonic() - start < 60  # the pipe itself never says anything
    assert not psutil.pid_exists(process.pid)


def test_a_long_sheet_is_read_in_little_memory(on_disk):
    path = on_disk("a.xlsx", workbooks.long_workbook(50_000, 10))

    with growth_of_process_tree() as growth, open_sheet(path) as opened:
        count = sum(len(chunk) for chunk in opened.chunks())

    assert count == 50_000
    assert growth.peak < 200 * 1024 * 1024


def test_a_file_whose_bytes_are_gone_is_a_clear_error(db, own_storage):
    upload = UploadFactory()
    (own_storage / "media" / upload.stored_path).unlink()

    with pytest.raises(Unreadable, match="no longer in the storage"):
        read_info(upload)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (12, "12"),
        ("RX", "RX"),
        ({"d": "2025-01-02"}, "2025-01-02"),
        ({"dt": "2025-01-02T03:04:05"}, "2025-01-02 03:04:05"),
        ({"e": "#N/A"}, "#N/A"),
    ],
)
def test_a_cell_reads_as_people_see_it(cell, text):
    assert text_of(cell) == text


def test_a_file_in_object_storage_is_read_from_a_passing_copy(send, own_storage):
    remote = {"BACKEND": "tests.support.object_storage.ObjectStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"default": remote}):
        (file,) = send(("a.xlsx", workbook(["Claim"], ["RX-1"]))).json()["files"]
        upload = Upload.objects.get(pk=file["uploadId"])

        assert rows_of(upload) == [(2, ["RX-1"])]

    assert list((own_storage / "incoming").iterdir()) == []

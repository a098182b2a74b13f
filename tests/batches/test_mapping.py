"""How cells become fields."""

from datetime import datetime
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.batches.mapping import Mapping
from apps.batches.mapping.mapping import BadMapping
from apps.batches.mapping.patterns import BadPattern, DatePattern
from apps.batches.validation import encode

YEAR_1000 = datetime.fromisoformat("1000-01-01")  # four digits and no zone, as in a sheet


def build(spec, cell, **more):
    """Map one cell of the column A to the field a."""
    plan = Mapping.parse({"mapping": {"A": {"field": "a", **spec}}, **more}).bind(["A"])
    return plan.build([cell])


def value(spec, cell):
    record, issues = build(spec, cell)
    assert issues == []
    return record.get("a")


def complaint(spec, cell):
    record, issues = build(spec, cell)
    assert "a" not in record
    [issue] = issues
    assert (issue["field"], issue["column"]) == ("a", "A")
    return issue["code"], issue["message"]


def complaints(source, header=None):
    with pytest.raises(BadMapping) as caught:
        Mapping.parse(source, header)
    return {detail.field: (detail.code, detail.message) for detail in caught.value.details}


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("string", "  007 ", "007"),
        ("string", 4417702, "4417702"),
        ("string", 12.5, "12.5"),
        ("string", True, "TRUE"),
        ("string", {"d": "2026-03-09"}, "2026-03-09"),
        ("integer", 30, 30),
        ("integer", "30 ", 30),
        ("integer", "007", 7),
        ("integer", "-3", -3),
        ("integer", "12.0", 12),
        ("integer", 0, 0),
        ("decimal", 12.5, 12.5),
        ("decimal", " 1234.50", 1234.5),
        ("decimal", "-.5", -0.5),
        ("decimal", "1e3", 1000),
        ("decimal", {"s": 90.0}, 90.0),
        ("boolean", "Yes", True),
        ("boolean", 0, False),
        ("boolean", False, False),
        ("list", "a, b,,c ", ["a", "b", "c"]),
        ("list", 7, ["7"]),
        ("list", {"j": [1, 2]}, [1, 2]),
        ("date", {"d": "2026-03-09"}, "2026-03-09"),
        ("date", {"dt": "2026-03-09T10:00:00"}, "2026-03-09"),
        ("date", "2026-03-09", "2026-03-09"),
        ("datetime", {"dt": "2026-03-09T10:00:00"}, "2026-03-09T10:00:00"),
        ("datetime", {"d": "2026-03-09"}, "2026-03-09T00:00:00"),
        ("datetime", "2026-03-09T10:00:00Z", "2026-03-09T10:00:00+00:00"),
        ("asRead", {"t": "03:04:00"}, "03:04:00"),
        ("asRead", {"j": {"b": [1]}}, {"b": [1]}),
        ("asRead", False, False),
    ],
)
def test_a_cell_becomes_a_value_of_its_type(kind, cell, expected):
    found = value({"type": kind}, cell)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        ("integer", 12.5, "type"),
        ("integer", True, "type"),
        ("integer", "1,234", "type"),
        ("integer", "²", "type"),
        ("integer", {"d": "2026-03-09"}, "type"),
        ("decimal", "12,50", "type"),
        ("decimal", "NaN", "type"),
        ("decimal", True, "type"),
        ("boolean", "perhaps", "type"),
        ("boolean", 2, "type"),
        ("string", {"j": [1]}, "type"),
        ("list", {"j": {"a": 1}}, "type"),
        ("date", "31/02/2026", "date"),
        ("date", "2026-02-30", "date"),
        ("date", 45992, "date"),
        ("date", "20260309", "date"),
        ("datetime", "yesterday", "datetime"),
    ],
)
def test_a_cell_that_does_not_fit_is_told_by_name(kind, cell, code):
    assert complaint({"type": kind}, cell)[0] == code


@pytest.mark.parametrize("kind", ["asRead", "string", "integer", "decimal", "date", "list"])
def test_an_error_cell_is_never_sent(kind):
    code, message = complaint({"type": kind}, {"e": "#N/A"})

    assert code == "cell_error"
    assert message.startswith("The cell shows #N/A.")


def test_a_message_quotes_at_most_forty_characters_in_one_line():
    _, message = complaint({"type": "integer"}, "x\n" * 100)

    assert message == f'"{"x·" * 20}…" is not a whole number. Write digits only, such as 30.'


def test_a_format_says_how_dates_are_written_and_what_else_is_understood():
    spec = {"type": "date", "format": "dd/MM/yyyy"}

    assert value(spec, {"d": "2026-03-09"}) == "09/03/2026"
    assert value(spec, "2026-03-09") == "09/03/2026"
    assert value(spec, "9/3/2026") == "09/03/2026"
    _, message = complaint(spec, "31/02/2026")
    assert "Write a day like 09/03/2026" in message


def test_a_blank_cell_leaves_its_field_out():
    for blank in (None, "", "  ", "\u00a0"):
        assert build({"type": "string"}, blank) == ({}, [])
        assert build({"type": "integer"}, blank) == ({}, [])


def test_a_default_fills_a_blank_cell_and_nothing_else():
    spec = {"type": "integer", "default": 0}

    assert value(spec, None) == 0
    assert value(spec, 5) == 5
    assert complaint(spec, "x")[0] == "type"


def test_a_required_cell_must_not_be_blank():
    assert complaint({"required": True}, "  ") == ("missing", "A is empty. Fill it in.")
    assert value({"required": True}, 0) == 0


def test_text_is_kept_as_it_is_without_trim():
    assert value({"type": "string", "trim": False}, " a ") == " a "


def test_constants_are_added_to_each_record():
    record, _ = build({}, 1, constants={"source": "till", "lines": [1]})

    assert record == {"a": 1, "source": "till", "lines": [1]}


def test_without_a_mapping_each_column_is_a_field_of_its_name():
    plan = Mapping.parse({}).bind(["Claim", "Days"])

    assert plan.build([" RX-1", 30]) == ({"Claim": "RX-1", "Days": 30}, [])


def test_a_field_may_be_given_as_a_name():
    plan = Mapping.parse({"mapping": {"Claim": "requestId"}}).bind(["Days", "Claim"])

    assert plan.build([30, "RX-1"]) == ({"requestId": "RX-1"}, [])


def test_everything_wrong_with_a_mapping_is_told_at_once():
    source = {
        "mapping": {
            "Claim": {"field": "requestId", "type": "strin"},
            "Dais": "days",
            "Member": {"fields": "memberId"},
            "Date": {"field": "date", "type": "date", "format": "dd/QQ"},
            "Codes": {"field": "codes", "type": "string", "separator": ";"},
            "Qty": {"field": "quantity", "type": "integer", "default": "many"},
            "Note": 7,
        },
        "groupBy": "Claims",
        "maxRows": 0,
        "skipBlankRow": False,
    }

    found = complaints(source, ["Claim", "Days", "Member", "Date", "Codes", "Qty", "Note"])

    assert found["source.mapping.Claim.type"][1].endswith('Did you mean "string"?')
    assert found["source.mapping.Dais"] == (
        "unknown_column",
        'The sheet has no column "Dais". Did you mean "Days"?',
    )
    assert found["source.mapping.Member.fields"][1].endswith('Did you mean "field"?')
    assert found["source.mapping.Member.field"][0] == "missing"
    assert found["source.mapping.Date.format"][0] == "format"
    assert found["source.mapping.Codes.separator"][0] == "not_used"
    assert found["source.mapping.Qty.default"][0] == "type"
    assert found["source.mapping.Note"][0] == "type"
    assert found["source.groupBy"][1].endswith('Did you mean "Claim"?')
    assert found["source.collect"][0] == "missing"
    assert found["source.maxRows"][0] == "type"
    assert found["source.skipBlankRow"][1].endswith('Did you mean "skipBlankRows"?')


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ([], "source"),
        ({"mapping": []}, "source.mapping"),
        ({"mapping": {f"c{n}": "x" for n in range(257)}}, "source.mapping"),
        ({"mapping": {"A": "x", "B": "x"}}, "source.mapping"),
        ({"mapping": {"A": "x"}, "constants": {"x": 1}}, "source.mapping"),
        ({"mapping": {"A": "x" * 200}}, "source.mapping.A.field"),
        ({"mapping": {"A": "nul\0"}}, "source"),
        ({"constants": [1]}, "source.constants"),
        ({"collect": "codes", "groupBy": "A"}, "source.collect"),
        ({"mapping": {"A": "x"}, "groupBy": "A", "collect": ["y"]}, "source.collect"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(source, path):
    assert path in complaints(source)


def test_a_mapping_that_was_parsed_without_a_sheet_is_checked_when_it_meets_one():
    mapping = Mapping.parse({"mapping": {"Claim": "requestId"}})

    with pytest.raises(BadMapping) as caught:
        mapping.bind(["Member"])

    assert caught.value.details[0].code == "unknown_column"


def grouped(*rows, collect=("codes",)):
    mapping = {"Claim": "id", "Code": "codes", "Note": "note"}
    plan = Mapping.parse({"mapping": mapping, "groupBy": "Claim", "collect": list(collect)}).bind(
        ["Claim", "Code", "Note"]
    )
    return list(plan.records(enumerate(rows, start=2)))


def test_neighbours_of_a_group_become_one_record_whose_lists_stay_aligned():
    first, second = grouped(
        ["A", "x", None], ["A", None, "late"], ["A", "z", None], ["B", "y", None]
    )

    assert (first.row, first.record) == (
        2,
        {"id": "A", "codes": ["x", None, "z"], "note": "late"},
    )
    assert (second.row, second.record, second.issues) == (5, {"id": "B", "codes": ["y"]}, [])


def test_a_group_that_disagrees_with_itself_is_told():
    [only] = grouped(["A", "x", "one"], ["A", "y", "two"])

    assert only.issues[0]["code"] == "group_conflict"
    assert only.issues[0]["message"].startswith('Note is "two" in row 3, but "one" in row 2')


def test_a_group_that_comes_back_is_told_instead_of_sent_twice():
    _, _, again = grouped(["A", "x", None], ["B", "x", None], ["A", "y", None])

    assert [issue["code"] for issue in again.issues] == ["group_split"]


def test_a_row_without_its_group_stands_alone_and_is_told():
    _, alone, other = grouped(["A", "x", None], [None, "y", None], [None, "z", None])

    assert alone.issues[0]["code"] == other.issues[0]["code"] == "missing"


@given(st.text())
def test_any_text_becomes_itself_but_for_the_blanks_around_it(text):
    assert value({"type": "string"}, text) == (text.strip() or None)


@given(st.integers(-(10**30), 10**30))
def test_any_whole_number_is_sent_with_all_its_digits(number):
    for cell in (number, str(number)):
        sent = encode(build({"type": "integer"}, cell)[0])
        assert sent == b'{"a":%d}' % number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20)))
def test_any_decimal_in_text_is_sent_exactly(number):
    sent = encode(build({"type": "decimal"}, format(number, "f"))[0])

    assert Decimal(sent.decode().removeprefix('{"a":').removesuffix("}")) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_cell_is_sent_as_excel_holds_it(number):
    assert orjson.loads(encode(build({"type": "decimal"}, number)[0]))["a"] == number


@given(
    st.datetimes(min_value=YEAR_1000).map(lambda at: at.replace(microsecond=0)),
    st.sampled_from(["dd/MM/yyyy HH:mm:ss", "yyyy-M-d H:m:s", "MM.dd.yyyyTHH:mm:ss"]),
)
def test_what_a_pattern_writes_it_reads_again(moment, text):
    pattern = DatePattern(text, with_time=True)

    assert pattern.read(pattern.write(moment)) == moment


@pytest.mark.parametrize("text", ["", "dd/MM", "dd/MM/yyyy/dd", "dd MMM yyyy", "DD/MM/YYYY"])
def test_a_format_that_names_no_day_is_refused(text):
    with pytest.raises(BadPattern):
        DatePattern(text, with_time=True)


def test_two_digits_of_a_year_mean_the_near_century():
    pattern = DatePattern("dd.MM.yy", with_time=False)

    assert f"{pattern.read('01.02.68'):%Y-%m-%d}" == "2068-02-01"
    assert f"{pattern.read('01.02.69'):%Y-%m-%d}" == "1969-02-01"


def test_cells_of_any_kind_never_crash_a_converter():
    odd = [{"e": "#NO_VALUE"}, {"s": 1.5}, {"t": "03:04:00"}, {"j": {}}, {"j": []}, 2**70, -0.0]
    for kind in ("asRead", "string", "integer", "decimal", "boolean", "list", "date", "datetime"):
        for cell in odd:
            record, issues = build({"type": kind}, cell)
            encode(record)
            assert all(set(issue) == {"field", "column", "code", "message"} for issue in issues)

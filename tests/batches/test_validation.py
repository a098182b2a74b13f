"""What every record must fulfil before it may be sent."""

import pytest

from apps.batches.validation import Rules, as_text, check_record
from tests.factories.batches import BatchSessionFactory

SESSION = BatchSessionFactory.build(owner=None, required_fields=["requestId", "days"])
GOOD = {"requestId": "RX-1", "days": 30}


def codes(record):
    return [(issue["field"], issue["code"]) for issue in check_record(record, SESSION)]


def nested(depth):
    value = 1
    for _ in range(depth - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize("value", [0, False, 0.0, "x", [], {}])
def test_zero_and_false_are_present(value):
    assert codes(GOOD | {"days": value}) == []


@pytest.mark.parametrize("value", [None, "", "  ", "\t\n"])
def test_null_and_blank_are_missing(value):
    assert codes(GOOD | {"days": value}) == [("days", "missing")]


def test_every_missing_field_is_named():
    assert codes({}) == [("requestId", "missing"), ("days", "missing")]


@pytest.mark.parametrize("record", [None, [], "x", 1, True])
def test_only_an_object_is_a_record(record):
    assert codes(record) == [("", "type")]


def test_line_breaks_and_nul_are_nobodys_problem():
    assert codes(GOOD | {"note": "a\r\nb\0"}) == []


def test_a_record_of_64_kib_is_accepted_and_one_byte_more_is_not():
    rest = len(Rules(SESSION).examine(GOOD | {"note": ""})[0])

    assert codes(GOOD | {"note": "x" * (64 * 1024 - rest)}) == []
    assert codes(GOOD | {"note": "x" * (64 * 1024 - rest + 1)}) == [("", "too_large")]


def test_a_record_has_at_most_256_keys_wherever_they_are():
    assert codes(GOOD | {f"k{number}": 1 for number in range(254)}) == []
    assert codes(GOOD | {f"k{number}": 1 for number in range(255)}) == [("", "too_many_keys")]
    assert codes(GOOD | {"in": [{f"k{n}": 1 for n in range(254)}]}) == [("", "too_many_keys")]


def test_a_record_is_at_most_eight_levels_deep():
    assert codes(GOOD | {"a": nested(8)}) == []
    assert codes(GOOD | {"a": nested(9)}) == [("a", "too_deep")]
    assert codes(GOOD | {"a": nested(2000)}) == [("a", "too_deep")]


@pytest.mark.parametrize("value", [float("inf"), [float("nan")], {"a": float("-inf")}])
def test_numbers_are_finite(value):
    assert [code for _, code in codes(GOOD | {"a": value})] == ["not_finite"]


def test_what_json_cannot_say_is_an_issue_and_no_crash():
    assert codes(GOOD | {"a": 2**70}) == [("", "not_json")]
    assert codes(GOOD | {"a": "\ud800"}) == [("", "not_json")]


@pytest.mark.parametrize(
    ("key", "code"), [(["a"], "type"), (True, "type"), ({"a": 1}, "type"), ("x" * 257, "too_long")]
)
def test_the_key_is_short_text_or_a_number(key, code):
    assert codes(GOOD | {"requestId": key}) == [("requestId", code)]


def test_a_key_is_shown_as_text_that_postgresql_can_hold():
    assert as_text(" RX\0-1 ") == "RX-1"
    assert as_text(402) == "402"
    assert as_text(True) == as_text(None) == as_text([1]) == ""

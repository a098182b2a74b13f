"""What is wrong with a schema is said field by field."""

from datetime import UTC, datetime

import pytest

from apps.jobs.generation.schema import InvalidSchema, read_schema

NOON = datetime(2025, 11, 3, 12, tzinfo=UTC)


def complaints(**document):
    with pytest.raises(InvalidSchema) as refused:
        read_schema({"rows": 10, **document}, most_rows=1_000_000, now=NOON)
    return [(detail.field, detail.code) for detail in refused.value.details]


def one(**field):
    return complaints(fields=[{"name": "it", **field}])


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"type": "nothing"}, ("fields[0].type", "unknown_type")),
        ({}, ("fields[0].type", "unknown_type")),
        ({"type": "integer", "min": 5, "max": 1}, ("fields[0].min", "out_of_range")),
        ({"type": "integer", "min": "5"}, ("fields[0].min", "invalid")),
        ({"type": "integer", "mni": 5}, ("fields[0].mni", "unknown")),
        ({"type": "choice"}, ("fields[0].values", "required")),
        ({"type": "choice", "values": [{}]}, ("fields[0].values[0]", "invalid")),
        (
            {"type": "choice", "values": [1, 2], "weights": [1]},
            ("fields[0].weights", "invalid"),
        ),
        (
            {"type": "choice", "values": [1, 2, 3], "unique": True},
            ("fields[0].unique", "impossible_uniqueness"),
        ),
        ({"type": "sentence", "unique": True}, ("fields[0].unique", "impossible_uniqueness")),
        ({"type": "word", "nullPercent": 101}, ("fields[0].nullPercent", "out_of_range")),
        ({"type": "regex", "pattern": "(a+)+$"}, None),
        ({"type": "regex", "pattern": "(a{900}){900}"}, ("fields[0].pattern", "unsafe_regex")),
        ({"type": "regex", "pattern": "(?=a)"}, ("fields[0].pattern", "unsafe_regex")),
        ({"type": "regex", "pattern": "(a)\\1"}, ("fields[0].pattern", "unsafe_regex")),
        ({"type": "email", "domain": "gmail.com"}, ("fields[0].domain", "not_reserved")),
        ({"type": "word", "locale": "xx_XX"}, ("fields[0].locale", "unsupported_locale")),
        ({"type": "uuid", "distribution": "zipf"}, ("fields[0].distribution", "unknown")),
        ({"type": "template", "template": "{oops}"}, ("fields[0].template", "unknown_field")),
        ({"type": "template", "template": "{"}, ("fields[0].template", "invalid_template")),
        (
            {"type": "expression", "expression": "later + 1"},
            ("fields[0].expression", "unknown_field"),
        ),
        ({"type": "date", "min": "soon"}, ("fields[0].min", "invalid")),
        ({"type": "datetime", "tz": "Mars/Base"}, ("fields[0].tz", "unknown")),
        ({"type": "constant", "value": "a\x00b"}, ("fields[0].value", "invalid")),
        (
            {"type": "json", "fields": [{"name": "x", "type": "?"}]},
            ("fields[0].fields[0].type", "unknown_type"),
        ),
        ({"type": "array", "of": {"type": "sequence"}}, ("fields[0].of.type", "invalid")),
    ],
)
def test_a_wrong_field_is_named(field, expected):
    if expected is None:
        document = {"rows": 10, "fields": [{"name": "it", **field}]}
        assert read_schema(document, most_rows=100, now=NOON).rows == 10
    else:
        assert one(**field) == [expected]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"fields": []}, ("fields", "out_of_range")),
        ({"fields": [{"name": "2x", "type": "word"}]}, ("fields[0].name", "invalid_name")),
        ({"rows": 0, "fields": [{"name": "a", "type": "word"}]}, ("rows", "out_of_range")),
        ({"rows": 1_000_001, "fields": [{"name": "a", "type": "word"}]}, ("rows", "out_of_range")),
        ({"seed": -1, "fields": [{"name": "a", "type": "word"}]}, ("seed", "out_of_range")),
        ({"sede": 1, "fields": [{"name": "a", "type": "word"}]}, ("sede", "unknown")),
        (
            {"format": "xml", "fields": [{"name": "a", "type": "word"}]},
            ("format", "invalid_choice"),
        ),
        (
            {"fields": [{"name": "a", "type": "word"}, {"name": "a", "type": "word"}]},
            ("fields[1].name", "duplicate"),
        ),
        (
            {"fields": [{"name": "a", "type": "word", "hidden": True}]},
            ("fields", "invalid"),
        ),
        (
            {
                "rows": 1_000_000,
                "fields": [{"name": f"f{number}", "type": "boolean"} for number in range(21)],
            },
            ("rows", "out_of_range"),
        ),
    ],
)
def test_a_wrong_document_is_refused(document, expected):
    assert expected in complaints(**document)


def test_more_than_200_fields_are_refused():
    fields = [{"name": f"f{number}", "type": "boolean"} for number in range(201)]

    assert complaints(fields=fields) == [("fields", "out_of_range")]


def test_references_must_not_go_round_in_circles():
    def refers(name, to):
        field = {"name": "it", "type": "reference", "dataset": to, "field": "it"}
        return {"name": name, "rows": 5, "fields": [field]}

    with pytest.raises(InvalidSchema) as refused:
        read_schema({"datasets": [refers("a", "b"), refers("b", "a")]}, most_rows=100, now=NOON)

    assert [detail.code for detail in refused.value.details] == ["cyclic_reference"]


def test_all_that_is_wrong_is_told_at_once():
    found = complaints(
        fields=[{"name": "a", "type": "?"}, {"name": "b", "type": "integer", "min": 9, "max": 1}],
        seed=-1,
    )

    assert found == [
        ("seed", "out_of_range"),
        ("fields[0].type", "unknown_type"),
        ("fields[1].min", "out_of_range"),
    ]


def test_what_is_left_open_is_chosen_and_recorded():
    document = {"rows": 10, "fields": [{"name": "a", "type": "word"}]}

    kept = read_schema(document, most_rows=100, now=NOON).document

    assert 0 <= kept["seed"] < 2**53
    assert kept["asOf"] == "2025-11-03T00:00:00+00:00"
    assert kept["generator"]["version"].startswith("1+mimesis")
    assert kept["store"] == "both"

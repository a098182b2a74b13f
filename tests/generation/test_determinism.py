"""The same schema, seed, locale and version give the same values, whoever makes them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.jobs.generation.field_type import CATALOGUE
from apps.jobs.generation.schema import CHUNK_ROWS, read_schema

NOON = datetime(2025, 11, 3, 12, tzinfo=UTC)
NEEDED = {
    "array": {"of": {"type": "integer"}},
    "choice": {"values": list(range(9_000))},
    "constant": {"value": "x"},
    "expression": {"expression": "1 + 2"},
    "json": {"fields": [{"name": "street", "type": "street"}, {"name": "n", "type": "sequence"}]},
    "pattern": {"mask": "??-####"},
    "regex": {"pattern": "[A-Z]{2}(-\\d{2,6}|x)?"},
    "template": {"template": "{firstName|lower}-{uuid}"},
}
TYPES = sorted(set(CATALOGUE) - {"reference"})
NUMBERED = ["choice", "color", "creditCard", "datetime", "decimal", "ean13", "email", "fullName"]
NUMBERED += ["iban", "ipv4", "ipv6", "latitude", "mac", "pattern", "phone", "postcode", "price"]
NUMBERED += ["productName", "sequence", "sku", "time", "url", "username", "uuid"]


def dataset(*fields, rows=12_000, **more):
    document = {"rows": rows, "seed": 7, "fields": list(fields), **more}
    return read_schema(document, most_rows=1_000_000, now=NOON).datasets[0]


def field(kind, **more):
    return {"name": "it", "type": kind, **NEEDED.get(kind, {}), **more}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("locale", ["de_DE", {"fr_FR": 50, "ja_JP": 50}], ids=["one", "mixed"])
def test_ten_rows_are_the_first_ten_of_many(kind, locale):
    rows = dataset(field(kind, nullPercent=20), locale=locale)

    assert rows.chunk(1, most=10)["it"] == rows.chunk(1)["it"][:10]


@pytest.mark.parametrize("kind", TYPES)
def test_a_second_reading_of_the_schema_gives_the_same_values(kind):
    assert dataset(field(kind)).chunk(2) == dataset(field(kind)).chunk(2)


@pytest.mark.parametrize("kind", sorted(set(TYPES) - {"constant", "expression", "sequence"}))
def test_another_seed_gives_other_values(kind):
    assert dataset(field(kind)).chunk(0) != dataset(field(kind), seed=8).chunk(0)


@pytest.mark.parametrize("kind", NUMBERED)
def test_unique_values_never_repeat_in_any_chunk(kind):
    rows = dataset(field(kind, unique=True), rows=8_500)

    values = [value for number in range(rows.chunks) for value in rows.chunk(number)["it"]]

    assert len(set(values)) == 8_500


@settings(max_examples=40, deadline=None)
@given(
    least=st.integers(-(10**6), 10**6),
    span=st.integers(0, 10**6),
    seed=st.integers(0, 2**53 - 1),
    rows=st.integers(1, 400),
)
def test_whole_numbers_keep_their_bounds_and_unique_ones_are_a_permutation(least, span, seed, rows):
    rows = min(rows, span + 1)
    numbers = field("integer", min=least, max=least + span, unique=True)

    values = dataset(numbers, rows=rows, seed=seed).chunk(0)["it"]

    assert len(set(values)) == rows
    assert min(values) >= least
    assert max(values) <= least + span


def test_nulls_are_about_as_many_as_asked_for():
    values = dataset(field("word", nullPercent=40), rows=CHUNK_ROWS).chunk(0)["it"]

    assert 0.36 < values.count(None) / CHUNK_ROWS < 0.44


def test_weights_and_distributions_are_kept():
    tiers = field("choice", values=["a", "b"], weights=[90, 10])
    bell = field("integer", min=0, max=100, distribution={"type": "normal", "mean": 70})
    zipf = field("integer", min=0, max=100, distribution="zipf")
    short = field("decimal", min=0, max=100, distribution={"type": "exponential", "mean": 5})

    assert dataset(tiers).chunk(0)["it"].count("a") == pytest.approx(4500, abs=150)
    assert sum(dataset(bell).chunk(0)["it"]) / CHUNK_ROWS == pytest.approx(68, abs=3)
    counts = dataset(zipf).chunk(0)["it"]
    assert counts.count(0) > 2 * counts.count(2) > 0
    assert sum(dataset(short).chunk(0)["it"]) / CHUNK_ROWS == pytest.approx(5, abs=0.5)


def test_a_row_of_mixed_locales_is_of_one_country():
    rows = dataset(
        {"name": "first", "type": "firstName"},
        {"name": "last", "type": "lastName"},
        locale={"en_US": 50, "ru_RU": 50},
    ).chunk(0)

    latin = [name.isascii() for name in rows["first"]]
    assert latin == [name.isascii() for name in rows["last"]]
    assert 0.45 < sum(latin) / CHUNK_ROWS < 0.55


def test_references_are_values_of_the_other_data_set():
    schema = read_schema(
        {
            "seed": 7,
            "datasets": [
                {
                    "name": "orders",
                    "rows": 300,
                    "fields": [
                        {
                            "name": "who",
                            "type": "reference",
                            "dataset": "people",
                            "field": "email",
                        },
                        {"name": "key", "type": "reference", "dataset": "people", "field": "id"},
                    ],
                },
                {
                    "name": "people",
                    "rows": 50,
                    "fields": [
                        {"name": "id", "type": "sequence", "start": 100},
                        {"name": "email", "type": "email"},
                    ],
                },
            ],
        },
        most_rows=1_000,
        now=NOON,
    )
    orders, people = (dataset.chunk(0) for dataset in schema.datasets)

    assert set(orders["who"]) <= set(people["email"])
    assert set(orders["key"]) <= set(range(100, 150))
    assert len(set(orders["key"])) > 40


def test_dates_are_relative_to_the_recorded_moment():
    spans = {"name": "it", "type": "date", "min": "-7d", "max": "today"}

    values = set(dataset(spans, asOf="2020-03-10").chunk(0)["it"])

    assert min(values) == "2020-03-03"
    assert max(values) == "2020-03-10"

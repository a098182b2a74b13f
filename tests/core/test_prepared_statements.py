"""Constant statements are planned once a connection, and a migration does not break them."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.accounts.models import User
from apps.core.lean import fetch

pytestmark = pytest.mark.django_db(transaction=True)
SHELF = "SELECT name FROM shelves WHERE id = %(id)s::int"


@pytest.fixture
def shelves():
    run("CREATE TABLE shelves (id int PRIMARY KEY, name varchar(16) NOT NULL)")
    run("INSERT INTO shelves VALUES (1, 'left')")
    yield
    run("DROP TABLE shelves")


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def plans_of(statement):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE starts_with(statement, %s)",
            [statement.split("%")[0]],
        )
        return [row[0] for row in cursor.fetchall()]


def test_a_constant_statement_is_prepared_once(shelves):
    for _ in range(7):
        assert fetch(SHELF, id=1) == [("left",)]

    assert plans_of(SHELF) == [7]


def test_nothing_is_prepared_behind_a_pooler_that_knows_no_such_thing(shelves, settings):
    settings.PREPARE_STATEMENTS = False

    assert [fetch(SHELF, id=1) for _ in range(7)] == [[("left",)]] * 7
    assert plans_of(SHELF) == []


def test_the_values_of_other_statements_are_not_remembered(shelves):
    fetch(SHELF, id=1)
    for number in range(5):
        User.objects.filter(username=f"secret-{number}").exists()

    manager = connection.connection._prepared
    assert len(manager._names) == 1
    assert not manager._counts


def test_a_column_that_a_migration_has_changed_is_read_on(shelves):
    fetch(SHELF, id=1)

    run("ALTER TABLE shelves ALTER name TYPE varchar(64)")

    assert fetch(SHELF, id=1) == [("left",)]
    assert plans_of(SHELF) == [1]


def test_within_a_transaction_the_next_one_reads_on(shelves):
    fetch(SHELF, id=1)
    run("ALTER TABLE shelves ALTER name TYPE varchar(64)")

    with pytest.raises(DatabaseError, match="cached plan"), transaction.atomic():
        fetch(SHELF, id=1)

    with transaction.atomic():
        assert fetch(SHELF, id=1) == [("left",)]

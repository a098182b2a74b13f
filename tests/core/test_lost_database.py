"""Connections that end: between requests, and in the middle of one."""

import psycopg
import pytest
from django.db import connection
from django.urls import reverse

from tests.factories.orders import OrderFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_connection(transactional_db):
    yield
    connection.close()


def end_connection():
    """Have the server end our connection, as a restart would."""
    ours = connection.connection.info
    with psycopg.connect(ours.dsn, password=ours.password) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [ours.backend_pid])


class Outage:
    """Ends the connection each time that orders are read, so many times."""

    def __init__(self, times):
        self.left = times

    def __call__(self, execute, sql, params, many, context):
        if "JOIN orders" in sql and self.left:
            self.left -= 1
            end_connection()
        return execute(sql, params, many, context)


def test_a_connection_that_ended_meanwhile_is_noticed_before_it_is_used(operator_api):
    url = reverse("catalog:items")
    assert operator_api.get(url).status_code == 200
    end_connection()
    connection.close_if_unusable_or_obsolete()  # as Django does when a request begins

    assert operator_api.post(url, {"name": "Shawl", "price": 1}, "json").status_code == 201


@pytest.mark.parametrize(("outages", "status"), [(1, 200), (2, 200), (3, 503)])
def test_a_read_is_tried_three_times(viewer_api, outages, status):
    OrderFactory()

    with connection.execute_wrapper(Outage(outages)):
        response = viewer_api.get(reverse("orders:orders"))

    assert response.status_code == status


def test_a_write_is_not_tried_again(operator_api):
    def outage(execute, sql, params, many, context):
        if "INSERT INTO items" in sql or 'INSERT INTO "items"' in sql:
            end_connection()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(outage):
        response = operator_api.post(
            reverse("catalog:items"), {"name": "Shawl", "price": 1}, "json"
        )

    assert response.status_code == 503

"""What an export reads, chooses and leaves out, from its POST to its file."""

import hashlib

import pytest
from django.utils import timezone

from apps.jobs.models import GeneratedRow, Job
from tests.exports.world import accepted, awkward_orders, csv_of, export, of_orders
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.jobs import JobFactory
from tests.factories.orders import OrderFactory
from tests.generation.world import content_of, customers, generate, worked_on

pytestmark = pytest.mark.django_db(transaction=True)


def post(api, body, path="/export", **headers):
    return api.post(path, body, format="json", headers=headers)


def codes(job):
    return [row["code"] for row in csv_of(job)]


def test_a_finished_export_is_downloaded_with_ranges(operator_api):
    awkward_orders()
    job = export(of_orders(filename="nov/../x"), owner=operator_api.user)

    status = operator_api.get(f"/status/{job.pk}").json()
    whole = operator_api.get(status["resultUri"])
    part = operator_api.get(status["resultUri"], headers={"Range": "bytes=3-9"})

    content = b"".join(whole.streaming_content)
    assert status["result"]["filename"] == "nov-..-x.csv"
    assert status["result"]["rows"] == status["progress"]["done"] == 3
    assert status["result"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert status["result"]["bytes"] == len(content)
    assert whole["Content-Disposition"].startswith('attachment; filename="nov-..-x.csv"')
    assert b"".join(part.streaming_content) == content[3:10]


FILTERS = [
    ("customerName", "ne", "Zoe", "Mo%"),
    ("customerName", "contains", "O%", "Mo%"),
    ("customerName", "startsWith", "zO", "Zoe"),
    ("customerName", "in", ["Zoe", "x"], "Zoe"),
    ("totalPrice", "gt", 10.5, "Zoe"),
    ("totalPrice", "eq", "10.50", "Mo%"),
    ("createdAt", "gte", "2025-06-01T02:00:00+02:00", "Zoe"),
    ("createdAt", "lt", "2025-06-01", "Mo%"),
    ("orderDate", "isNull", True, "Zoe"),
    ("orderDate", "isNull", False, "Mo%"),
    ("customerName", "eq", "'; DROP TABLE orders; --", ""),
]


def test_filters_choose_rows():
    first = {"created_at": "2025-05-31T23:59:59Z", "order_date": "2025-05-30T10:00:00Z"}
    second = {"created_at": "2025-06-01T00:00:00Z", "order_date": None}
    OrderFactory(customer_name="Mo%", total_price="10.50", lines=[], **first)
    OrderFactory(customer_name="Zoe", total_price="11", lines=[], **second)

    def found(field, op, value):
        filters = [{"field": field, "op": op, "value": value}]
        rows = csv_of(export(of_orders(filters=filters)))
        return " ".join(row["customerName"] for row in rows)

    for field, op, value, expected in FILTERS:
        assert found(field, op, value) == expected, (field, op, value)


def test_columns_order_and_limit_are_those_asked_for(operator_api):
    for name, price in (("a", 5), ("b", 7), ("c", 7)):
        OrderFactory(customer_name=name, total_price=price, lines=[])
    body = of_orders(
        columns=["customerName", "totalPrice"],
        rename={"totalPrice": "Total"},
        sort=[{"field": "totalPrice", "dir": "desc"}],
        limit=2,
    )

    job = worked_on(accepted(body, owner=operator_api.user))

    assert content_of(job).decode().split() == ["customerName,Total", "b,7.00", "c,7.00"]


def test_an_unknown_source_is_404_an_unfinished_one_409_and_an_old_one_410(operator_api):
    mine = {"owner": operator_api.user, "type": "generation"}
    waiting, failed = JobFactory(**mine), JobFactory(failed=True, **mine)
    old = generate(customers(5), owner=operator_api.user)
    Job.objects.filter(pk=old.pk).update(result_expires_at=timezone.now())
    foreign = generate(customers(5))

    def code(**source):
        answer = post(operator_api, {"source": source})
        return answer.status_code, answer.json()["code"]

    def of_job(key):
        return code(kind="generation", jobId=str(key))

    assert code(kind="dataset", dataset="users") == (404, "source_not_found")
    assert (
        of_job("x")
        == of_job(foreign.pk)
        == of_job(operator_api.user.pk)
        == (404, "source_not_found")
    )
    assert of_job(waiting.pk) == of_job(failed.pk) == (409, "source_not_ready")
    assert of_job(old.pk) == (410, "source_gone")


@pytest.mark.parametrize("store", ["table", "file"])
def test_generated_rows_are_exported_as_they_were_made(operator_api, store):
    made = generate(customers(60, store="both"), owner=operator_api.user)
    source = {"kind": "generation", "jobId": str(made.pk)}
    if store == "file":
        other = generate(customers(60, store="file", asOf=made.params["asOf"]), operator_api.user)
        source["jobId"] = str(other.pk)

    job = export({"source": source}, owner=operator_api.user)
    some = [{"field": "balance", "op": "gte", "value": 2500}]
    rich = export({"source": source, "filters": some, "format": "ndjson"}, operator_api.user)

    assert csv_of(job) == csv_of(made)
    expected = [row for row in csv_of(made) if float(row["balance"]) >= 2500]
    assert 0 < len(expected) == rich.result_meta["rows"] < 60


def test_rows_that_were_tidied_up_are_made_again(operator_api):
    made = generate(customers(60, store="both"), owner=operator_api.user)
    GeneratedRow.objects.all().delete()

    job = export({"source": {"kind": "generation", "jobId": str(made.pk)}}, operator_api.user)

    assert csv_of(job) == csv_of(made)


def test_one_of_several_data_sets_must_be_named(operator_api):
    fields = [{"name": "id", "type": "sequence"}]
    sets = [{"name": name, "rows": 3, "fields": fields} for name in ("a", "b")]
    made = generate({"datasets": sets, "format": "xlsx", "seed": 1}, owner=operator_api.user)
    source = {"kind": "generation", "jobId": str(made.pk)}

    unnamed = post(operator_api, {"source": source})
    job = export({"source": source | {"dataset": "b"}}, owner=operator_api.user)

    assert unnamed.json()["details"][0]["field"] == "source.dataset"
    assert (job.result_meta["filename"], job.result_meta["rows"]) == ("b.csv", 3)


def test_an_estimate_counts_and_shows_the_first_rows(operator_api):
    for _ in range(3):
        ItemFactory(name="Shawl", deleted=True)
    ItemFactory(name="Scarf")
    body = {
        "source": {"kind": "dataset", "dataset": "items"},
        "columns": ["name", "price"],
        "filters": [{"field": "isDeleted", "op": "eq", "value": True}],
        "formatOptions": {"formulaGuard": False},
    }

    estimate = post(operator_api, body, "/export/estimate").json()

    job = export(body, owner=operator_api.user)
    assert (estimate["rows"], estimate["exact"]) == (3, True)
    assert estimate["bytes"] == job.result_meta["bytes"]
    assert estimate["preview"] == [{"name": "Shawl", "price": 1299.5}] * 3
    assert len(estimate["warnings"]) == 1
    assert job.params["formatOptions"]["formulaGuard"] is False


def test_a_clone_exports_the_rows_of_now_and_reads_nothing_else(operator_api):
    OrderFactory(code="ORD300001")
    job = export(of_orders(columns=["code"]), owner=operator_api.user)
    OrderFactory(code="ORD300002")
    path = f"/status/{job.pk}/clone"

    same = Job.objects.get(pk=post(operator_api, {}, path).json()["jobId"])
    other = {"overrides": {"source": {"kind": "dataset", "dataset": "items"}}}

    assert codes(worked_on(same)) == ["ORD300001", "ORD300002"]
    assert post(operator_api, other, path).status_code == 422


def test_who_lost_the_right_meanwhile_gets_no_file(operator_api):
    made = generate(customers(5), owner=operator_api.user)
    job = accepted({"source": {"kind": "generation", "jobId": str(made.pk)}}, operator_api.user)
    Job.objects.filter(pk=made.pk).update(owner=UserFactory(operator=True))

    assert worked_on(job).error_code == "source_not_found"

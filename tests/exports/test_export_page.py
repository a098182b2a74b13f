"""Staff start an export in the admin."""

import pytest

from apps.jobs.models import Job
from tests.exports.world import awkward_orders, sheet_of
from tests.factories.accounts import UserFactory
from tests.generation.world import worked_on

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/jobs/job/export"


@pytest.fixture
def operator(client):
    client.force_login(UserFactory(operator=True, is_staff=True))
    return client


def typed(action, *conditions, columns=("code", "totalPrice"), **more):
    sent = {"format": "xlsx", "filename": "", "limit": "", "sort": "", "direction": "asc", **more}
    for number, (field, op, value) in enumerate(conditions):
        sent |= {f"field-{number}": field, f"op-{number}": op, f"value-{number}": value}
    return {**sent, "columns": list(columns), "action": action}


def test_a_data_set_is_chosen_looked_at_and_started(operator):
    awkward_orders()
    asked = ("totalPrice", "gt", "0.5"), ("priority", "in", "0, 5")

    listed = operator.get("/admin/jobs/job/").content.decode()
    blank = operator.get(PAGE).content.decode()
    previewed = operator.post(PAGE, typed("preview", *asked)).content.decode()
    assert not Job.objects.exists()
    started = operator.post(PAGE, typed("start", *asked, sort="code", direction="desc"))

    assert PAGE in listed
    assert blank.count("checked") == 20
    assert "2 rows, about" in previewed
    assert "<td>ORD100001</td>" in previewed
    job = Job.objects.get()
    assert started["Location"] == f"/admin/jobs/job/{job.pk}/change/"
    rows = sheet_of(worked_on(job))
    assert rows == [("code", "totalPrice"), ("ORD100003", 99999999.99), ("ORD100001", 12.5)]


def test_what_is_wrong_is_said_beside_it(operator):
    bad = operator.post(PAGE, typed("start", ("priority", "eq", "high")))
    none = operator.post(f"{PAGE}?dataset=items", typed("start", columns=()))

    assert (bad.status_code, none.status_code) == (422, 422)
    assert "It must be a value of kind integer." in bad.content.decode()
    assert "columns: columns must be a list" in none.content.decode()
    assert not Job.objects.exists()


def test_viewers_may_not_and_unknown_data_sets_are_404(client, operator):
    assert operator.get(f"{PAGE}?dataset=users").status_code == 404
    client.force_login(UserFactory(viewer=True, is_staff=True))
    assert client.get(PAGE).status_code == 403

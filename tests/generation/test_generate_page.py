"""Staff start a generation in the admin."""

import re

import pytest
from django.urls import reverse

from apps.jobs.models import Job
from tests.factories.accounts import UserFactory
from tests.generation.world import worked_on

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/jobs/job/generate"


@pytest.fixture
def operator(client):
    client.force_login(UserFactory(operator=True, is_staff=True))
    return client


def typed(action, *fields, **more):
    sent = {"name": "guests", "rows": "30", "format": "csv", "locale": "de_DE", "seed": "", **more}
    for number, field in enumerate(fields):
        sent |= {f"{what}-{number}": text for what, text in field.items()}
    return {**sent, "action": action}


ID = {"name": "id", "type": "sequence", "options": '{"start": 500}', "nulls": ""}
CITY = {"name": "city", "type": "city", "options": "", "nulls": "20"}


def test_the_form_begins_with_an_example(operator):
    page = operator.get(PAGE).content.decode()

    assert 'value="sequence"' in page or "<option selected>sequence</option>" in page
    assert operator.get("/admin/jobs/job/").content.decode().count(PAGE) == 1


def test_a_preview_shows_ten_rows_and_keeps_its_seed_for_the_start(operator):
    page = operator.post(PAGE, typed("preview", ID, CITY))

    text = page.content.decode()
    assert page.status_code == 200
    assert "<td>500</td>" in text
    assert "<td>510</td>" not in text
    seed = re.search(r"The seed of this preview is (\d+)", text)[1]
    assert f'value="{seed}"' in text
    assert not Job.objects.exists()


def test_a_start_leads_to_the_page_of_the_job_with_its_file(operator):
    answer = operator.post(PAGE, typed("start", ID, CITY))

    job = Job.objects.get()
    assert answer["Location"] == reverse("admin:jobs_job_change", args=[job.pk])
    worked_on(job)
    page = operator.get(answer["Location"]).content.decode()
    assert f"/status/{job.pk}/result" in page
    assert "guests.csv" in page
    file = b"".join(operator.get(f"/status/{job.pk}/result").streaming_content)
    assert file.splitlines()[1].startswith(b"500,")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({**ID, "options": "start=5"}, "Options are JSON"),
        ({**ID, "type": ""}, "There is no type"),
        ({**ID, "options": '{"step": "x"}'}, "step must be of type integer"),
        ({**CITY, "nulls": "many"}, "nullPercent must be a number"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(operator, field, said):
    page = operator.post(PAGE, typed("start", field))

    assert page.status_code == 422
    assert said in page.content.decode()
    assert not Job.objects.exists()


def test_viewers_cannot_start_and_see_no_button(client):
    client.force_login(UserFactory(viewer=True, is_staff=True))

    assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get("/admin/jobs/job/").content.decode()

"""A file is accepted when its sheet, header and mapping fit; its rows are read by a worker."""

from datetime import UTC, datetime

import pytest

from apps.batches.intake import BadSource
from apps.batches.mapping.mapping import BadMapping
from apps.batches.models import BatchRun
from apps.batches.services.rehearse import rehearse_source
from apps.batches.services.submit_source import submit_source
from apps.jobs.models import Job
from apps.uploads.reading import SheetNotFound, TooManyRows
from apps.uploads.services.find_upload import UploadNotFound
from apps.uploads.services.wanted_uploads import wanted_uploads
from demo.workbook import MAPPING, REQUIRED_FIELDS, SHEET, WORKBOOK
from tests.factories.accounts import UserFactory
from tests.factories.batches import BatchSessionFactory, upload_of

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    return BatchSessionFactory(required_fields=REQUIRED_FIELDS)


@pytest.fixture
def source(session):
    upload = upload_of(WORKBOOK, session.owner)
    return {"uploadId": str(upload.pk), "sheet": SHEET, "mapping": MAPPING}


def submit(session, source, owner=None):
    return submit_source(session=session, owner=owner or session.owner, source=source, now=NOW)


def complaints(session, source):
    with pytest.raises((BadSource, BadMapping)) as caught:
        submit(session, source)
    assert not Job.objects.exists()
    return {detail.field: detail for detail in caught.value.details}


def test_a_workbook_is_accepted_with_its_number_of_rows(session, source):
    job = submit(session, source)

    run = BatchRun.objects.select_related("upload").get(job=job)
    assert (run.total, job.progress_total, run.sheet) == (564, 564, "Claims")
    assert run.source["mapping"] == MAPPING
    assert job.title == f"claims-march.xlsx to {session}"
    assert run.upload.last_used_at == NOW
    assert run.staged is None


def test_a_file_is_wanted_while_its_batch_is_open(session, source):
    job = submit(session, source)
    upload_id = BatchRun.objects.get(job=job).upload_id
    other = upload_of(WORKBOOK, session.owner)

    assert wanted_uploads([upload_id, other.pk]) == {upload_id}

    Job.objects.update(status="failed", error_code="cancelled", finished_at=NOW)
    assert wanted_uploads([upload_id, other.pk]) == set()


def test_a_misspelt_column_is_named_with_the_likely_one(session, source):
    mapping = {"Claim No.": "requestId", "Days of suply": "days"}

    found = complaints(session, source | {"mapping": mapping})

    assert found["source.mapping.Claim No."].message.endswith('Did you mean "Claim no"?')
    assert found["source.mapping.Days of suply"].message.endswith('Did you mean "Days of supply"?')


def test_options_are_checked_all_at_once(session):
    source = {"uploadId": "x", "headerrow": 1, "sheet": 7, "headerRow": -1, "mappingName": "nope"}

    found = complaints(session, source)

    assert set(found) == {
        "source.uploadId",
        "source.headerrow",
        "source.sheet",
        "source.headerRow",
        "source.mappingName",
    }
    assert found["source.headerrow"].message.endswith('Did you mean "headerRow"?')


@pytest.mark.parametrize("source", [None, [], "file"])
def test_a_source_is_an_object(session, source):
    assert "source" in complaints(session, source)


def test_somebody_elses_upload_is_not_there(session, source):
    with pytest.raises(UploadNotFound):
        submit(session, source, owner=UserFactory(operator=True))


def test_a_sheet_that_is_not_there_is_named(session, source):
    with pytest.raises(SheetNotFound, match="March"):
        submit(session, source | {"sheet": "March"})


def test_more_rows_than_the_source_allows_are_refused(session, source):
    with pytest.raises(TooManyRows):
        submit(session, source | {"maxRows": 100})

    assert not Job.objects.exists()


def test_a_sheet_without_rows_is_refused(session, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("requestId,memberId\n")
    source = {"uploadId": str(upload_of(path, session.owner).pk)}

    assert complaints(session, source)["source"].code == "no_rows"


def test_a_saved_mapping_is_used_by_its_name_and_copied_into_the_run(session, source):
    session.mappings = {"claims": {"mapping": MAPPING, "maxRows": 1000}}
    session.save()
    del source["mapping"]

    job = submit(session, source | {"mappingName": "claims"})

    run = BatchRun.objects.get(job=job)
    assert (run.source["mapping"], run.source["maxRows"]) == (MAPPING, 1000)


def test_a_mapping_and_the_name_of_one_contradict_each_other(session, source):
    session.mappings = {"claims": {"mapping": MAPPING}}

    assert complaints(session, source | {"mappingName": "claims"})["source.mapping"].code == (
        "conflict"
    )


def test_a_rehearsal_of_a_file_reads_all_rows_and_starts_nothing(session, source):
    found = rehearse_source(session=session, owner=session.owner, source=source)

    assert not Job.objects.exists()
    assert (found["totalRecords"], found["validCount"], found["invalidCount"]) == (560, 552, 8)
    assert len(found["details"]) == 8
    assert found["requests"][0]["body"]["serviceDate"] == "28/03/2026"

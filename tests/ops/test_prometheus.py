import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.core.models import OutboxMessage
from apps.jobs.models import Job
from apps.jobs.status import JobType
from apps.ops.models import BackupRecord

pytestmark = pytest.mark.django_db
TOKEN = "scrape-me-0123456789abcdef"
COUNTS = """
import sys
from prometheus_client import Counter, Gauge, Histogram
Counter("parcels", "Parcels.", ["shop"]).labels("north").inc(int(sys.argv[1]))
Histogram("weight", "Weight.", buckets=(1, 5)).observe(3)
Gauge("shelves", "Shelves.").set(4)
print("counted", flush=True)
if len(sys.argv) > 2:
    sys.stdin.read()
"""


@pytest.fixture
def directory(settings, tmp_path):
    settings.METRICS_DIR = tmp_path
    return tmp_path


def start_counting(directory, count, *stay):
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTS, str(count), *stay],
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(directory)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"counted\n"
    return process


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def scrape(viewer_api):
    return lambda: samples(viewer_api.get("/api/metrics/prometheus").content.decode())


def test_viewers_get_the_text_format(viewer_api):
    response = viewer_api.get("/api/metrics/prometheus", headers={"Accept": "text/plain"})

    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.content.endswith(b"\n")
    assert samples(response.content.decode())["database_up",] == 1


def test_a_scraper_gets_in_with_the_token(settings, anonymous_api):
    settings.METRICS_TOKEN = TOKEN
    url = "/api/metrics/prometheus"

    right = anonymous_api.get(url, headers={"Authorization": f"Bearer {TOKEN}"})
    wrong = anonymous_api.get(url, headers={"Authorization": f"Bearer {TOKEN}x"})

    assert (right.status_code, wrong.status_code) == (200, 401)


def test_without_a_token_set_an_empty_one_opens_nothing(settings, anonymous_api):
    settings.METRICS_TOKEN = None

    response = anonymous_api.get(
        "/api/metrics/prometheus", headers={"Authorization": "Bearer None"}
    )

    assert response.status_code == 401


def test_open_jobs_and_waiting_work_are_counted(scrape, viewer_api):
    Job.objects.create(type=JobType.EXPORT, owner=viewer_api.user)
    Job.objects.create(type=JobType.EXPORT, owner=viewer_api.user)
    due = timezone.now() - timedelta(seconds=90)
    OutboxMessage.objects.create(task="jobs.run_slice", due_at=due)
    OutboxMessage.objects.create(task="core.tidy", due_at=due, published_at=due)
    OutboxMessage.objects.create(task="core.tidy", failed_at=due)

    found = scrape()

    assert found["jobs_open", ("status", "pending"), ("type", "export")] == 2
    assert found["outbox_unpublished",] == 1
    assert found["outbox_set_aside",] == 1
    assert 90 <= found["outbox_oldest_seconds",] < 150
    assert 90 <= found["queue_oldest_seconds", ("queue", "slices")] < 150
    assert 90 <= found["queue_oldest_seconds", ("queue", "default")] < 150


def test_work_of_tomorrow_is_not_late(scrape):
    OutboxMessage.objects.create(task="core.tidy", due_at=timezone.now() + timedelta(days=1))

    assert scrape()["outbox_unpublished",] == 0


def test_processes_add_up_whether_they_live_or_not(directory, scrape):
    ended = start_counting(directory, 2)
    ended.communicate()
    living = start_counting(directory, 3, "stay")
    try:
        first, second = scrape(), scrape()
    finally:
        living.communicate()

    assert first["parcels_total", ("shop", "north")] == 5
    assert first["weight_bucket", ("le", "5.0")] == 2
    assert first["weight_count",] == 2
    assert second["parcels_total", ("shop", "north")] == 5
    assert second["weight_sum",] == 6


def test_gauges_of_ended_processes_are_gone(directory, scrape):
    ended = start_counting(directory, 1)
    living = start_counting(directory, 1, "stay")
    ended.communicate()
    try:
        found = scrape()
    finally:
        living.communicate()

    assert [key for key in found if key[0] == "shelves"] == [("shelves", ("pid", str(living.pid)))]


def test_restarts_pile_up_no_files(directory, scrape):
    for _ in range(3):
        start_counting(directory, 1).communicate()
        scrape()

    assert scrape()["parcels_total", ("shop", "north")] == 3
    assert sorted(path.name for path in directory.glob("*.db")) == [
        "counter_ended.db",
        "histogram_ended.db",
    ]


def test_the_ages_of_backup_and_drill_are_told_once_there_are_any(scrape):
    before = scrape()
    hour_ago = timezone.now() - timedelta(hours=1)
    BackupRecord.objects.create(kind="backup", name="a", at=hour_ago, has_passed=True, seconds=1)
    BackupRecord.objects.create(kind="drill", name="a", at=hour_ago, has_passed=False, seconds=1)

    after = scrape()

    assert not {("backup_age_seconds",), ("restore_drill_age_seconds",)} & set(before)
    assert 3600 <= after[("backup_age_seconds",)] < 3600 + 600
    assert ("restore_drill_age_seconds",) not in after  # it did not pass

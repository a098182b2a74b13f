"""The live events: the same tokens, the same numbers, and nothing lost by a broken connection."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connection

from apps.jobs.api.live import LiveApplication
from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event
from tests.factories.accounts import ApiKeyFactory
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def application():
    live = LiveApplication()
    yield live
    live.close()


@pytest.fixture
def key():
    return ApiKeyFactory()


def scope(path, token=None, **headers):
    sent = {"authorization": f"Bearer {token}"} if token else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    encoded = [(name.encode(), value.encode()) for name, value in sent.items()]
    return {"type": "http", "method": "GET", "path": path, "headers": encoded}


@asynccontextmanager
async def talking_to(application, asked):
    talk = ApplicationCommunicator(application, asked)
    await talk.send_input({"type": "http.request"})
    try:
        yield talk
    finally:
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait(timeout=60)


async def messages(talk):
    """Give each message of the stream as (kind, id, data) until it ends."""
    while True:
        part = await talk.receive_output(timeout=60)
        if not part.get("more_body"):
            return
        lines = dict(
            line.split(": ", 1) for line in part["body"].decode().splitlines() if ": " in line
        )
        if "event" in lines:
            yield lines["event"], int(lines.get("id", 0)), json.loads(lines["data"])


def stream(application, job, key, *, finish=True, **headers):
    """Return all that the stream tells until the job is over."""

    async def listen():
        told = []
        async with talking_to(
            application, scope(f"/status/{job.pk}/events", key.token, **headers)
        ) as talk:
            assert (await talk.receive_output(timeout=60))["status"] == 200
            async for message in messages(talk):
                told.append(message)
                if finish and message[0] == "progress":
                    await asyncio.to_thread(end, job)
        return told

    return asyncio.run(listen())


def end(job):
    if Job.objects.filter(pk=job.pk, status="pending").update(status="in-progress"):
        record_event(job, "SECOND", "It goes on")
        Job.objects.filter(pk=job.pk).update(status="completed", finished_at=job.created_at)
    connection.close()


def refused(application, path, token=None):
    async def ask():
        async with talking_to(application, scope(path, token)) as talk:
            status = (await talk.receive_output(timeout=60))["status"]
            return status, json.loads((await talk.receive_output(timeout=60))["body"])["code"]

    return asyncio.run(ask())


def test_a_stream_tells_the_timeline_the_progress_and_the_end(application, key):
    job = JobFactory(owner=key.owner)
    record_event(job, "FIRST", "It begins")

    told = stream(application, job, key)

    kinds = [kind for kind, _, _ in told]
    assert kinds[:2] == ["event", "progress"]
    assert kinds[-1] == "end"
    assert [data["kind"] for kind, _, data in told if kind == "event"] == ["FIRST", "SECOND"]
    assert told[1][2]["jobId"] == str(job.pk)
    assert told[-1][2] == {"status": "completed"}


def test_who_comes_back_is_told_only_what_is_new(application, key):
    job = JobFactory(owner=key.owner, completed=True)
    first, second = record_event(job, "FIRST"), record_event(job, "SECOND")

    told = stream(application, job, key, finish=False, last_event_id=str(first.pk))

    assert [number for kind, number, _ in told if kind == "event"] == [second.pk]


def test_only_the_owner_with_a_good_token_gets_a_stream(application, key):
    job = JobFactory(owner=key.owner)
    path = f"/status/{job.pk}/events"
    uploads = ApiKeyFactory(owner=key.owner, scopes=["uploads:read"])

    assert refused(application, path) == (401, "not_authenticated")
    assert refused(application, path, "brk_wrong") == (401, "not_authenticated")
    assert refused(application, path, uploads.token) == (403, "forbidden")
    assert refused(application, path, ApiKeyFactory().token) == (404, "job_not_found")
    assert refused(application, "/status/x/events", key.token) == (404, "job_not_found")
    assert refused(application, "/elsewhere", key.token) == (404, "not_found")


def test_streams_are_bounded(application, key, settings):
    settings.EVENTS_MAX_STREAMS = 0
    path = f"/status/{JobFactory(owner=key.owner).pk}/events"

    assert refused(application, path, key.token) == (503, "unavailable")


def test_the_web_process_sends_who_wants_a_stream_elsewhere(operator_api, settings):
    job = JobFactory(owner=operator_api.user)
    wanted = {"Accept": "text/event-stream"}

    assert operator_api.get(f"/status/{job.pk}/events", headers=wanted).status_code == 406
    settings.EVENTS_URL = "https://events.example"
    answer = operator_api.get(f"/status/{job.pk}/events", headers=wanted)
    assert answer.status_code == 307
    assert answer["Location"] == f"https://events.example/status/{job.pk}/events"

"""A world whose ids the fuzzer knows, and which every call leaves as it was."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID
from zlib import crc32

import orjson
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from drf_spectacular.generators import SchemaGenerator

from apps.accounts.models import Role
from apps.core.ids import public_id
from apps.jobs.models import Job
from apps.jobs.status import JobType
from tests.batches.api.world import batch
from tests.factories.accounts import ApiKeyFactory, UserFactory
from tests.factories.batches import BatchSessionFactory
from tests.factories.catalog import DesignFactory, ItemFactory
from tests.factories.feedback import FeedbackFactory
from tests.factories.orders import OrderFactory
from tests.factories.uploads import UploadFactory

# One in so many of all cases, the same ones in every run; FUZZ_EXAMPLES=200 takes all of them, and
# so many random ones for each operation on top.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1"))
SHARE = 1 if EXAMPLES > 1 else 16
UPLOAD, SESSION, JOB, VIEWER = (UUID(f"0190d1c9-0000-7000-8000-00000000000{n}") for n in range(4))
ITEM = DESIGN = ORDER = FEEDBACK = 2_000_000_001  # which no sequence reaches
TOKENS = {role: f"brk_fuzzing-as-{role}" for role in Role.values}
# What exists, by the name of the parameter; a foreign text is tried as well.
KNOWN = {
    "upload_id": str(UPLOAD),
    "session_id": public_id("ses", SESSION),
    "job_id": public_id("job", JOB),
    "item_id": str(ITEM),
    "design_id": str(DESIGN),
    "order_id": str(ORDER),
    "feedback_id": str(FEEDBACK),
    "user_id": str(VIEWER),
    "name": "march",
    "seq": 2,
}


def document() -> dict[str, Any]:
    """Return the OpenAPI document, in which the names of what exists stand beside the types."""
    plain = SchemaGenerator().get_schema(request=None, public=True)
    found: dict[str, Any] = orjson.loads(orjson.dumps(plain, default=str))
    for path in found["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] in KNOWN:
                    known = {"const": KNOWN[parameter["name"]]}
                    parameter["schema"] = {"anyOf": [known, parameter["schema"]]}
    return found


def is_chosen(*case: object) -> bool:
    """Return whether a case is among those of this run."""
    return crc32(repr(case).encode()) % SHARE == 0


@contextmanager
def filled_world() -> Iterator[None]:
    """Fill the database once for many calls, each of which is taken back; empty it at the end."""
    # They would close the connection, and with it the transaction, at the end of a request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        with transaction.atomic():
            fill()
            yield
            transaction.set_rollback(True)
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def fill() -> None:
    """Make one of everything, and somebody of each role to call."""
    people = {role: UserFactory(role=role) for role in Role.values if role != Role.VIEWER}
    people[Role.VIEWER] = UserFactory(pk=VIEWER, role=Role.VIEWER)
    for role, user in people.items():
        ApiKeyFactory(owner=user, token=TOKENS[role])
    owner = people[Role.OPERATOR]
    session = BatchSessionFactory(pk=SESSION, owner=owner, mappings={"march": {}})
    job = Job.objects.create(
        pk=JOB, type=JobType.BATCH, owner=owner, title="March", lane=session.public_id
    )
    batch(session, "succeeded", "needsAction", "failed", "unknown", "pending", job=job)
    UploadFactory(pk=UPLOAD, owner=owner)
    item = ItemFactory(pk=ITEM)
    DesignFactory(pk=DESIGN, item=item)
    order = OrderFactory(pk=ORDER, lines=[(item, 2)], completed=True)
    FeedbackFactory(pk=FEEDBACK, order=order)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what happens in the block, after the database has checked all of it."""
    before = transaction.savepoint()
    try:
        yield
        connection.check_constraints()
    finally:
        transaction.savepoint_rollback(before)

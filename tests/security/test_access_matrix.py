"""Every route of the API for every kind of caller, made from the URL patterns: none is missed."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from apps.batches.models import BatchRun
from apps.core.ids import new_id, public_id
from apps.uploads.models import Upload
from tests.batches.api.world import batch
from tests.conftest import CallerClient
from tests.factories.accounts import UserFactory
from tests.factories.batches import BatchSessionFactory
from tests.factories.uploads import UploadFactory

pytestmark = pytest.mark.django_db

SAFE = {"get", "head", "options"}
METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Who has no login yet needs these, the probes of a supervisor, and the pages of the shop.
OPEN = re.compile(
    r"(|api/(login|token/refresh|logout|auth/google)|(api/)?health.*|(health|ready)z|images/items/.*"
    r"|api/public/feedbacks.*|feedback.*)"
)
# The shop's items and orders are everybody's who works in it: they have no owner; nor have schemas.
SHARED = re.compile(r"(api/(items|orders|feedbacks|users)|generate/schemas|queues)/.*")
# A scheduler's: whoever signs in gets in no more than a stranger does.
BY_SECRET = {"api/internal/digest/run"}
THE_SHOPS = {"item_id": "1", "design_id": "1", "order_id": "1", "feedback_id": "1", "user_id": "1"}
MAPPING = {"mapping": {"Claim": {"field": "requestId", "type": "string"}}}
ADMIN_ONLY = {("post", "api/queue/pause"), ("post", "api/queue/resume")}


class Call(NamedTuple):
    """A method of a route."""

    method: str
    route: str

    def by(self, api: APIClient, objects: dict[str, str]) -> Any:
        address = PARAMETER.sub(lambda match: objects[match[1]], self.route)
        return getattr(api, self.method)(f"/{address}", **self._body())

    def _body(self) -> dict[str, Any]:
        return {} if self.method == "get" else {"data": {}, "format": "json"}


def calls(resolver: URLResolver, prefix: str = "") -> Iterator[Call]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if route.startswith("admin/"):
            continue
        if isinstance(entry, URLResolver):
            yield from calls(entry, route)
        elif isinstance(entry, URLPattern):
            view = getattr(entry.callback, "view_class", None)
            # A plain function answers every method, as far as we can know.
            yield from (
                Call(method, route) for method in METHODS if view is None or hasattr(view, method)
            )


EVERY = sorted({call for call in calls(get_resolver()) if not OPEN.fullmatch(call.route)})
OF_OBJECTS = [
    call for call in EVERY if PARAMETER.search(call.route) and not SHARED.fullmatch(call.route)
]
WRITES = [call for call in EVERY if call.method not in SAFE and call.route not in BY_SECRET]
NAMED = [f"{call.method} {call.route}" for call in EVERY]


class World(NamedTuple):
    """What an operator has, and under which names the routes know it."""

    owner: CallerClient
    run: BatchRun
    upload: Upload

    @property
    def objects(self) -> dict[str, str]:
        return THE_SHOPS | {
            "session_id": self.run.session.public_id,
            "job_id": self.run.job.public_id,
            "upload_id": str(self.upload.pk),
            "seq": "1",
            "name": "march",
        }


@pytest.fixture
def world(db: None) -> World:
    owner = CallerClient(UserFactory(operator=True))
    session = BatchSessionFactory(owner=owner.user, mappings={"march": MAPPING})
    run = batch(session, "succeeded", "needsAction", "pending")
    return World(owner, run, UploadFactory(owner=owner.user))


def missing_objects() -> dict[str, str]:
    return THE_SHOPS | {
        "session_id": public_id("ses", new_id()),
        "job_id": public_id("job", new_id()),
        "upload_id": str(new_id()),
        "seq": "1",
        "name": "march",
    }


def ids(some: list[Call]) -> list[str]:
    return [f"{call.method} {call.route}" for call in some]


def test_there_is_something_to_check_and_each_parameter_stands_for_an_object():
    parameters = {name for call in EVERY for name in PARAMETER.findall(call.route)}

    assert len(EVERY) > 30
    assert parameters == set(missing_objects())


@pytest.mark.parametrize("call", EVERY, ids=NAMED)
def test_nobody_gets_in_without_a_login(call, anonymous_api, world):
    response = call.by(anonymous_api, world.objects)

    if call.route == "api/docs":
        assert (response.status_code, response["Location"][:7]) == (302, "/admin/")
        return
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("call", WRITES, ids=ids(WRITES))
def test_a_viewer_writes_nothing(call, viewer_api, world):
    response = call.by(viewer_api, world.objects)

    assert response.status_code == 403
    assert response.json()["code"] == "forbidden"


@pytest.mark.parametrize("call", OF_OBJECTS, ids=ids(OF_OBJECTS))
def test_what_belongs_to_another_operator_does_not_exist(call, operator_api, world):
    foreign = call.by(operator_api, world.objects)
    missing = call.by(operator_api, missing_objects())

    assert foreign.status_code == missing.status_code == 404
    assert told(foreign) == told(missing)


def told(response: Any) -> dict[str, Any]:
    """Return what the body says; the id of the request is always another."""
    return {name: value for name, value in response.json().items() if name != "requestId"}


READS_OF_OBJECTS = [call for call in OF_OBJECTS if call.method in SAFE]


@pytest.mark.parametrize("call", READS_OF_OBJECTS, ids=ids(READS_OF_OBJECTS))
def test_what_belongs_to_an_operator_does_not_exist_for_a_viewer(call, viewer_api, world):
    assert call.by(viewer_api, world.objects).status_code == 404


@pytest.mark.parametrize("call", OF_OBJECTS, ids=ids(OF_OBJECTS))
def test_the_owner_is_let_in(call, world):
    assert call.by(world.owner, world.objects).status_code not in {401, 403, 404}


@pytest.mark.parametrize("call", READS_OF_OBJECTS, ids=ids(READS_OF_OBJECTS))
def test_an_admin_sees_what_is_anybodys(call, admin_api, world):
    assert call.by(admin_api, world.objects).status_code not in {401, 403, 404}


@pytest.mark.parametrize("call", sorted(ADMIN_ONLY))
def test_what_stops_everybodys_work_takes_an_admin(call, operator_api, admin_api):
    call = Call(*call)

    assert call.by(operator_api, {}).status_code == 403
    assert call.by(admin_api, {}).status_code == 200


@pytest.mark.parametrize("address", ["/api/sessions", "/api/jobs", "/status"])
def test_lists_hold_only_ones_own(address, operator_api, admin_api, world):
    seen = {world.run.session.public_id, world.run.job.public_id, str(world.run.pk)}

    def shows(api: APIClient) -> bool:
        text = api.get(address).content.decode()
        return any(name in text for name in seen)

    assert shows(world.owner)
    assert shows(admin_api)
    assert not shows(operator_api)


def test_a_body_cannot_name_what_belongs_to_another(operator_api, world):
    foreign, own = world.run.session, BatchSessionFactory(owner=operator_api.user)
    source = {"uploadId": str(world.upload.pk), "mapping": MAPPING}
    bodies = [
        ("/api/jobs", {"sessionId": foreign.public_id, "records": [{"requestId": "RX-1"}]}),
        ("/api/queue-batch", {"sessionId": foreign.public_id, "records": [{"requestId": "RX-1"}]}),
        ("/api/jobs", {"sessionId": own.public_id, "source": source}),
        ("/api/jobs/preview", {"sessionId": foreign.public_id, "source": source}),
        ("/api/jobs/preview", {"sessionId": own.public_id, "source": source}),
    ]

    for address, body in bodies:
        response = operator_api.post(address, body, format="json")
        assert response.status_code == 404, (address, response.content)


def test_a_filter_cannot_name_a_foreign_job(operator_api, world):
    own = BatchSessionFactory(owner=operator_api.user)

    response = operator_api.get(f"/api/logs/{own.public_id}?jobId={world.run.job.public_id}")

    assert response.status_code == 404

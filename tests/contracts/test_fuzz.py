"""
Whatever is sent, no route breaks, and none answers what the OpenAPI document does not say.

Schemathesis makes the requests from the document: boundaries of each field, and random ones.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.generation.meta import TestPhase as Phase  # pytest takes a Test… for a test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.accounts.models import Role
from config.wsgi import application
from tests.contracts.fuzz_world import (
    EXAMPLES,
    TOKENS,
    document,
    filled_world,
    is_chosen,
    undone,
)

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
# They judge how data is made, which is not our affair here.
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def schema(*, boundaries: bool) -> Any:
    phases = {"coverage": {"enabled": boundaries, "unexpected-methods": []}}
    config = schemathesis.Config.from_dict({"phases": phases})
    loaded = schemathesis.openapi.from_dict(document(), config=config)
    loaded.app = application
    return loaded


# One caller meets all boundaries: that is a matter of fields, not of roles.
ALL_OF_IT, RANDOM = schema(boundaries=True), schema(boundaries=False)


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), filled_world():
        yield


def is_wanted(case: Any) -> bool:
    """Return whether a boundary is among those of this run; whatever is random always is."""
    phase = case.meta.phase
    if phase.name != Phase.COVERAGE:
        return True
    about = phase.data
    return is_chosen(case.method, case.path, about.parameter, about.description, about.location)


def check(case: Any, role: Role) -> None:
    with undone():
        response = case.call(headers={"Authorization": f"Bearer {TOKENS[role]}"})
    # A probe's 503 is an answer; of anything else it is a failure, though a documented one.
    assert response.status_code < 500 or "/health" in case.path, response.text
    case.validate_response(response, checks=CHECKS)


@ALL_OF_IT.parametrize()
@SETTINGS
def test_an_operator_gets_documented_answers_only(case, filled):
    if is_wanted(case):
        check(case, Role.OPERATOR)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.VIEWER])
@RANDOM.parametrize()
@SETTINGS
def test_an_admin_and_a_viewer_get_documented_answers_only(case, role, filled):
    check(case, role)

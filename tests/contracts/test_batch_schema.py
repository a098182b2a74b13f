"""What the routes answer is what the OpenAPI document says they answer."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from tests.batches.api.world import batch, finished
from tests.contracts.batch_routes import ROUTES
from tests.factories.batches import BatchSessionFactory

DOWNLOADS = {"/api/jobs/{job}/records/export"}
SHOWN = [path for method, path in ROUTES if method == "get" and path not in DOWNLOADS]


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def documented(document, path):
    generic = path.replace("{session}", "{session_id}").replace("{job}", "{job_id}")
    generic = generic.replace("mappings/claims", "mappings/{name}")
    operation = document["paths"][generic.replace("records/1", "records/{seq}")]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return {**schema, "components": document["components"]}


@pytest.mark.parametrize("path", SHOWN)
def test_an_answer_has_the_shape_that_is_documented(operator_api, document, path):
    session = BatchSessionFactory(owner=operator_api.user, mappings={"claims": {}})
    run = finished(batch(session, "succeeded", "needsAction", "unknown", verbose=True))
    url = path.format(session=session.public_id, job=run.job.public_id)

    answer = operator_api.get(url).json()

    complaints = Draft202012Validator(documented(document, path)).iter_errors(answer)
    assert [f"{error.json_path}: {error.message[:200]}" for error in complaints] == []

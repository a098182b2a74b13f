"""What the item routes answer is what the OpenAPI document says they answer."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from tests.catalog.world import data_url, drawn
from tests.factories.catalog import DesignFactory, ItemFactory

pytestmark = pytest.mark.django_db

SHIRT = {"name": "Shirt", "price": 9.5, "image": data_url(drawn())}
FLORAL = {"designName": "Floral", "image": data_url(drawn())}
CALLS = [
    ("get", "/api/items", "", None, 200),
    ("get", "/api/items", "?page=1", None, 200),
    ("get", "/api/items", "?limit=10", None, 200),
    ("get", "/api/items", "?cursor=2025-01-05T09:30:00.120Z:1", None, 200),
    ("get", "/api/items", "?cursor=x", None, 400),
    ("post", "/api/items", "", SHIRT, 201),
    ("post", "/api/items", "", {}, 400),
    ("get", "/api/items/deleted", "", None, 200),
    ("get", "/api/items/{item_id}", "", None, 200),
    ("get", "/api/items/{item_id}", "?includeDesigns=true", None, 200),
    ("put", "/api/items/{item_id}", "", {"color": "Red"}, 200),
    ("delete", "/api/items/{item_id}", "", None, 200),
    ("post", "/api/items/{item_id}/restore", "", None, 200),
    ("delete", "/api/items/{item_id}/permanent", "", None, 400),
    ("get", "/api/items/{item_id}/designs", "", None, 200),
    ("post", "/api/items/{item_id}/designs", "", FLORAL, 201),
    ("put", "/api/items/{item_id}/designs/{design_id}", "", {"isPrimary": True}, 200),
    ("delete", "/api/items/{item_id}/designs/{design_id}", "", None, 200),
]


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.mark.parametrize(("method", "path", "query", "body", "status"), CALLS)
def test_an_answer_has_the_shape_that_is_documented(
    operator_api, document, method, path, query, body, status
):
    design = DesignFactory(item=ItemFactory(special_features="Pockets"))
    ItemFactory(deleted=True)
    url = path.format(item_id=design.item_id, design_id=design.pk)

    response = getattr(operator_api, method)(f"{url}{query}", body, format="json")

    assert response.status_code == status
    documented = document["paths"][path][method]["responses"][str(status)]
    schema = documented["content"]["application/json"]["schema"]
    schema = {**schema, "components": document["components"]}
    complaints = Draft202012Validator(schema).iter_errors(response.json())
    assert [f"{error.json_path}: {error.message[:200]}" for error in complaints] == []

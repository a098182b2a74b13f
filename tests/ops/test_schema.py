import pytest
from django.core.management import call_command
from django.urls import reverse

from tests.factories.accounts import UserFactory

METHODS = {"get", "post", "put", "patch", "delete"}

pytestmark = pytest.mark.django_db


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield f"{method} {path}", item[method]


@pytest.fixture
def document(viewer_api):
    return viewer_api.get("/api/schema").json()


def test_the_document_has_no_warnings():
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == "Backroom"


def test_every_operation_shows_the_error_body_and_a_tag(document):
    reference = {"$ref": "#/components/schemas/Error"}
    bare = [
        name
        for name, operation in operations(document)
        if operation["responses"]["404"]["content"]["application/json"]["schema"] != reference
        or not operation.get("tags")
    ]

    assert bare == []
    assert "example" in document["components"]["schemas"]["Error"]


def test_tokens_and_keys_are_named_as_the_way_in(document):
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert {"bearer": []} in document["paths"]["/api/metrics/prometheus"]["get"]["security"]


def test_aliases_of_probes_are_left_out(document):
    assert "/api/health/ready" in document["paths"]
    assert "/readyz" not in document["paths"]


@pytest.mark.parametrize("path", ["/api/schema", "/api/metrics/prometheus"])
def test_strangers_get_401(anonymous_api, path):
    response = anonymous_api.get(path)

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


def test_a_browser_without_session_is_sent_to_the_login_and_back(client):
    response = client.get("/api/docs", headers={"Accept": "text/html"})

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('admin:login')}?next=/api/docs"


def test_signed_in_staff_get_the_page_without_inline_scripts(client):
    client.force_login(UserFactory(staff=True), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/api/docs", headers={"Accept": "text/html"}).content.decode()

    assert "swagger-ui-bundle.js" in page
    assert "<script>" not in page

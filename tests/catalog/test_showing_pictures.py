import io

import pytest
from PIL import Image

from apps.catalog.models import Item
from apps.catalog.pictures.picture import picture_of_bytes
from apps.catalog.services.create_item import create_item
from apps.catalog.services.draw_thumbnail import draw_thumbnail
from tests.catalog.world import do_background_work, drawn

pytestmark = pytest.mark.django_db


@pytest.fixture
def url():
    picture = picture_of_bytes(drawn("JPEG", (1600, 800)))
    item = create_item(name="Shirt", price=1, picture=picture)
    return f"/images/{item.image_path}"


def size_of(response):
    return Image.open(io.BytesIO(b"".join(response.streaming_content))).size


def test_a_picture_may_be_kept_forever_shown_anywhere_and_run_nothing(anonymous_api, url):
    response = anonymous_api.get(url)

    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert int(response["Content-Length"]) == len(b"".join(response.streaming_content))
    assert not response.cookies


def test_a_picture_that_is_known_is_not_sent_again(anonymous_api, url):
    etag = anonymous_api.get(url)["ETag"]

    response = anonymous_api.get(url, headers={"If-None-Match": etag})

    assert response.status_code == 304
    assert response.content == b""


def test_the_small_version_is_drawn_in_the_background_and_stood_in_for_until_then(
    anonymous_api, url
):
    early = anonymous_api.get(f"{url}?size=small")
    do_background_work()
    late = anonymous_api.get(f"{url}?size=small")

    assert early["Cache-Control"] == "public, max-age=30"
    assert "ETag" not in early
    assert size_of(early) == (1600, 800)
    assert late["Content-Type"] == "image/webp"
    assert "immutable" in late["Cache-Control"]
    assert size_of(late) == (320, 160)


def test_a_task_that_comes_twice_or_late_changes_nothing(url):
    path = Item.objects.get().image_path
    draw_thumbnail(path=path)
    draw_thumbnail(path=path)
    draw_thumbnail(path=f"items/{'0' * 32}.png")


def test_pictures_are_only_read(operator_api, url):
    response = operator_api.delete(url)

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "path",
    [
        f"items/{'0' * 32}.png",
        "items/../uploads/x",
        "items/..%2f..%2fetc%2fpasswd",
        f"items/{'0' * 32}.small.webp",
        "uploads/2025/01/x",
        "items/",
    ],
)
def test_nothing_else_of_the_storage_can_be_reached(anonymous_api, path):
    response = anonymous_api.get(f"/images/{path}")

    assert response.status_code == 404
    assert response.json()["message"]


def test_a_public_address_comes_before_the_pictures_if_one_is_set(viewer_api, url, settings):
    settings.PUBLIC_URL = "https://shop.example"

    (item,) = viewer_api.get("/api/items").json()

    assert item["imageUrl"] == f"https://shop.example{url}"

"""Pictures as they come in through the API, and as they are shown."""

import io
import struct
import zlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from PIL import Image, PngImagePlugin

from apps.catalog.models import Item
from apps.catalog.pictures.thumbnail import thumbnail_path
from apps.catalog.services.create_item import create_item
from tests.catalog.world import data_url, do_background_work, drawn, kept_files, opened
from tests.factories.catalog import ItemFactory

pytestmark = pytest.mark.django_db

ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F
TURNED_RIGHT = 6


def post(client, image):
    return client.post("/api/items", {"name": "Shirt", "price": 1, "image": image}, format="json")


def put(client, item, image):
    return client.put(f"/api/items/{item.pk}", {"image": image}, format="json")


def path_of(response):
    return response.json()["imageUrl"].removeprefix("http://testserver/images/")


def with_picture(client):
    return Item.objects.get(pk=post(client, data_url(drawn())).json()["id"])


def photo():
    """Return a landscape JPEG whose camera was held upright, and who and where it was."""
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED_RIGHT
    exif[MAKER] = "Spy camera"
    exif.get_ifd(GPS)[2] = (48.0, 51.0, 29.0)
    return drawn("JPEG", (60, 20), exif=exif, comment=b"shot at home")


def animated(kind, frames=3):
    file = io.BytesIO()
    first, *others = [
        Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")[:frames]
    ]
    first.save(file, kind, save_all=True, append_images=others, duration=100, loop=0)
    return file.getvalue()


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(side):
    """Return a small PNG that claims to be huge."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000), 9)
    chunks = [chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("kind", "declared", "extension", "mime"),
    [
        ("JPEG", "jpeg", "jpg", "image/jpeg"),
        ("JPEG", "jpg", "jpg", "image/jpeg"),
        ("PNG", "png", "png", "image/png"),
        ("GIF", "gif", "gif", "image/gif"),
        ("WEBP", "webp", "webp", "image/webp"),
        ("PNG", "jpeg", "png", "image/png"),  # the bytes decide, not what the client says
    ],
)
def test_a_picture_is_kept_under_a_random_name_with_its_own_extension(
    operator_api, anonymous_api, kind, declared, extension, mime
):
    response = post(operator_api, data_url(drawn(kind), declared))

    assert response.status_code == 201
    url = response.json()["imageUrl"]
    assert url.startswith("http://testserver/images/items/")
    assert url.endswith(f".{extension}")
    assert len(path_of(response)) == len("items/") + 32 + 1 + len(extension)
    shown = anonymous_api.get(url)
    assert shown.status_code == 200
    assert shown["Content-Type"] == mime
    assert Image.open(io.BytesIO(b"".join(shown.streaming_content))).size == (40, 30)


def test_a_file_of_a_form_is_taken_as_well(operator_api):
    file = SimpleUploadedFile("../../evil.php", drawn("JPEG"), content_type="text/x-php")

    response = operator_api.post(
        "/api/items", {"name": "Shirt", "price": "12.5", "image": file}, format="multipart"
    )

    assert response.status_code == 201
    assert path_of(response).endswith(".jpg")


def test_the_same_form_under_one_idempotency_key_makes_one_item(operator_api):
    def send(color):
        file = SimpleUploadedFile("shirt.png", drawn(color=color), content_type="image/png")
        return operator_api.post(
            "/api/items",
            {"name": "Shirt", "price": "12.5", "image": file},
            format="multipart",
            headers={"Idempotency-Key": "form-1"},
        )

    first, again, other = send("red"), send("red"), send("blue")

    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert other.status_code == 409
    assert Item.objects.count() == 1


def test_a_photo_is_turned_upright_and_keeps_no_secrets(operator_api):
    response = post(operator_api, data_url(photo(), "jpeg"))

    kept = opened(path_of(response))
    assert kept.size == (20, 60)
    assert dict(kept.getexif()) == {}
    assert "comment" not in kept.info
    with default_storage.open(path_of(response)) as file:
        content = file.read()
    assert b"Spy camera" not in content
    assert b"shot at home" not in content


def test_a_large_photo_is_turned_upright_as_well(operator_api):
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED_RIGHT
    content = drawn("JPEG", (6200, 310), exif=exif)

    assert opened(path_of(post(operator_api, data_url(content, "jpeg")))).size == (150, 3000)


def test_notes_and_trailing_bytes_of_a_png_are_gone(operator_api):
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Somebody")
    sent = drawn(pnginfo=notes) + b"<script>alert(1)</script>"

    path = path_of(post(operator_api, data_url(sent)))

    with default_storage.open(path) as file:
        content = file.read()
    assert b"Somebody" not in content
    assert b"script" not in content


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_still_moves(operator_api, kind):
    response = post(operator_api, data_url(animated(kind), kind.lower()))

    kept = opened(path_of(response))
    kept.load()
    assert kept.n_frames == 3
    assert kept.info["duration"] == 100


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "PNG"), ("RGBA", "PNG"), ("P", "PNG"), ("1", "PNG"),
                       ("I;16", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("L", "JPEG")]
)  # fmt: skip
def test_every_way_of_colouring_is_kept_and_made_small(operator_api, mode, kind):
    content = drawn(kind, mode=mode, color=0)

    response = post(operator_api, data_url(content, kind.lower()))

    assert response.status_code == 201
    assert do_background_work() == ["catalog.draw_thumbnail"]
    assert opened(thumbnail_path(path_of(response))).size == (40, 30)


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "JPEG"), ("CMYK", "JPEG"), ("RGB", "PNG"), ("P", "PNG"),
                       ("1", "PNG"), ("I;16", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("P", "GIF")]
)  # fmt: skip
def test_what_no_screen_can_show_is_made_smaller(operator_api, mode, kind):
    content = drawn(kind, (6200, 310), mode=mode, color=0)

    response = post(operator_api, data_url(content, kind.lower()))

    assert opened(path_of(response)).size == (3000, 150)


@pytest.mark.parametrize(
    "image",
    [
        "data:image/png;base64,aGVsbG8=",  # five letters
        "data:image/png;base64,",
        "data:image/png;base64,****",
        "data:image/png;base64,aGVsbG8",
        "data:image/png,plain",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/bmp;base64,Qk0=",
        "data:image/",
        data_url(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        data_url(drawn("BMP")),
        data_url(drawn("TIFF")),
        data_url(drawn("ICO")),
        data_url(drawn()[:60]),
        data_url(drawn("JPEG", (400, 400))[:300], "jpeg"),
        data_url(animated("GIF")[:-40], "gif"),
        data_url(b"%PDF-1.7"),
    ],
)
def test_what_is_no_picture_is_refused_and_not_kept(operator_api, image):
    before = kept_files()

    response = post(operator_api, image)

    assert response.status_code == 400
    assert response.json()["message"] == "Invalid image format"
    assert kept_files() == before
    assert not Item.objects.exists()


def test_no_damage_to_a_picture_is_a_crash(operator_api):
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        whole = animated(kind) if kind != "JPEG" else photo()
        for position in range(8, len(whole), max(1, len(whole) // 40)):
            broken = whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :]
            response = post(operator_api, data_url(broken, kind.lower()))
            assert response.status_code in (201, 400), (kind, position)


@pytest.mark.parametrize("side", [6400, 10_000, 13_000, 60_000])
def test_a_bomb_is_refused_by_its_header(operator_api, side):
    response = post(operator_api, data_url(bomb(side)))

    assert response.status_code == 400
    assert response.json()["message"] == "Image should have less than 40 megapixels"


def test_the_frames_of_an_animation_count_together(operator_api, settings):
    settings.IMAGE_MAX_PIXELS = 8 * 8 * 2

    assert post(operator_api, data_url(animated("GIF", 2), "gif")).status_code == 201
    assert post(operator_api, data_url(animated("GIF", 3), "gif")).status_code == 400


@pytest.mark.parametrize("as_form", [False, True])
def test_a_large_file_is_refused_in_words_that_carry_the_limit(operator_api, settings, as_form):
    settings.IMAGE_MAX_MB, settings.IMAGE_MAX_BYTES = 2, 2 * 1024 * 1024
    content = drawn() + bytes(2 * 1024 * 1024)
    image = SimpleUploadedFile("a.png", content) if as_form else data_url(content)

    response = operator_api.post(
        "/api/items",
        {"name": "Shirt", "price": 1, "image": image},
        format="multipart" if as_form else "json",
    )

    assert response.status_code == 400
    assert response.json()["message"] == "Image size should be less than 2MB"


def test_a_new_picture_replaces_the_old_one_after_the_commit(operator_api):
    item = with_picture(operator_api)
    do_background_work()
    old = item.image_path

    response = put(operator_api, item, data_url(drawn("JPEG"), "jpeg"))

    assert response.status_code == 200
    assert default_storage.exists(old)
    assert sorted(do_background_work()) == ["catalog.draw_thumbnail", "catalog.remove_picture"]
    assert not default_storage.exists(old)
    assert not default_storage.exists(thumbnail_path(old))
    assert default_storage.exists(path_of(response))


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_picture_removes_the_old_one(operator_api, nothing):
    item = with_picture(operator_api)

    response = put(operator_api, item, nothing)

    assert response.json()["imageUrl"] == ""
    do_background_work()
    assert not default_storage.exists(item.image_path)


@pytest.mark.parametrize("other", ["https://img.example/x.png", 5, False, []])
def test_other_values_leave_the_picture_alone(operator_api, other):
    item = with_picture(operator_api)
    before = operator_api.get(f"/api/items/{item.pk}").json()["imageUrl"]

    assert put(operator_api, item, other).json()["imageUrl"] == before


def test_the_picture_of_a_deleted_item_can_be_removed_for_good(operator_api):
    item = with_picture(operator_api)
    operator_api.delete(f"/api/items/{item.pk}")
    assert default_storage.exists(item.image_path)

    assert operator_api.delete(f"/api/items/{item.pk}/permanent").status_code == 200

    do_background_work()
    assert not default_storage.exists(item.image_path)
    assert operator_api.get(f"/api/items/{item.pk}").json()["imageUrl"] == ""


def test_the_picture_of_a_deleted_design_goes_with_it(operator_api):
    item = ItemFactory()
    fields = {"designName": "Floral", "image": data_url(drawn())}
    design = operator_api.post(f"/api/items/{item.pk}/designs", fields, format="json").json()
    path = design["imageUrl"].removeprefix("http://testserver/images/")

    operator_api.delete(f"/api/items/{item.pk}/designs/{design['id']}")

    do_background_work()
    assert not default_storage.exists(path)


def test_a_file_does_not_outlive_a_failed_transaction(operator_api):
    from decimal import Decimal

    from apps.catalog.pictures.picture import picture_of_bytes

    before = kept_files()

    with pytest.raises(IntegrityError):
        create_item(name=" ", price=Decimal(1), picture=picture_of_bytes(drawn()))

    assert kept_files() == before


def test_a_full_disk_is_told_and_leaves_no_item(operator_api, tmp_path, settings):
    blocked = tmp_path / "not-a-directory"
    blocked.write_text("")
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    options = {"OPTIONS": {"location": str(blocked)}}
    settings.STORAGES = settings.STORAGES | {"default": backend | options}

    response = post(operator_api, data_url(drawn()))

    assert response.status_code == 400
    assert response.json()["code"] == "image_not_stored"
    assert not Item.objects.exists()

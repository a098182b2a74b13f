import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.catalog.models import Design, Item
from tests.catalog.world import do_background_work, drawn
from tests.factories.accounts import UserFactory
from tests.factories.catalog import DesignFactory, ItemFactory

LIST = "admin:catalog_item_changelist"
NO_DESIGNS = {"designs-TOTAL_FORMS": 0, "designs-INITIAL_FORMS": 0}
SHIRT = {"name": "Linen shirt", "price": "1299.50", "color": "White", "fabric": "",
         "special_features": ""}  # fmt: skip


def desk(**role):
    client = Client()
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(UserFactory(staff=True, **role), backend=backend)
    return client


@pytest.fixture
def clerk(db):
    return desk(operator=True)


def file(color="teal"):
    return SimpleUploadedFile("shirt.png", drawn(color=color), content_type="image/png")


def edit(client, item, **fields):
    url = reverse("admin:catalog_item_change", args=[item.pk])
    data = SHIRT | {"name": item.name} | NO_DESIGNS | fields
    return client.post(url, data, follow=True)


def act(client, action, *items):
    data = {"action": action, "_selected_action": [item.pk for item in items]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def test_the_list_shows_pictures_prices_and_states(clerk):
    ItemFactory(name="<b>Shirt</b>", image_path="items/1.png", price="1299.50")
    ItemFactory(name="Gone", deleted=True)

    page = clerk.get(reverse(LIST)).content.decode()

    assert "&lt;b&gt;Shirt&lt;/b&gt;" in page
    assert 'src="/images/items/1.png?size=small"' in page
    assert "1,299.50" in page
    assert "Deleted" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "sold"}, "Shirt"),
        ({"state": "deleted"}, "Scarf"),
        ({"picture": "yes"}, "Shirt"),
        ({"price_from": "1", "price_to": "50"}, "Scarf"),
        ({"q": "SILK"}, "Scarf"),
        ({"q": "100%"}, "Shirt"),
    ],
)
def test_the_list_is_filtered_and_searched(clerk, query, found):
    ItemFactory(name="Shirt", image_path="items/1.png", price=100, color="100% white")
    ItemFactory(name="Scarf", deleted=True, price=20, fabric="Silk", color="100 red")

    changelist = clerk.get(reverse(LIST), query).context["cl"]

    assert [item.name for item in changelist.result_list] == [found]


def test_the_number_of_queries_does_not_grow_with_the_list(clerk, django_assert_max_num_queries):
    for item in ItemFactory.create_batch(20):
        DesignFactory(item=item)

    with django_assert_max_num_queries(15):
        clerk.get(reverse(LIST))


def test_an_item_is_added_with_a_picture(clerk):
    url = reverse("admin:catalog_item_add")

    clerk.post(url, SHIRT | NO_DESIGNS | {"picture": file()})

    item = Item.objects.get()
    assert (item.name, item.fabric) == ("Linen shirt", None)
    assert default_storage.exists(item.image_path)


def test_a_new_picture_replaces_the_old_one(clerk):
    clerk.post(reverse("admin:catalog_item_add"), SHIRT | NO_DESIGNS | {"picture": file()})
    item = Item.objects.get()
    old = item.image_path

    edit(clerk, item, name="Blouse", picture=file("red"))

    item.refresh_from_db()
    assert item.name == "Blouse"
    assert item.image_path != old
    do_background_work()
    assert not default_storage.exists(old)


def test_a_picture_can_be_removed_and_stays_otherwise(clerk):
    clerk.post(reverse("admin:catalog_item_add"), SHIRT | NO_DESIGNS | {"picture": file()})
    item = Item.objects.get()

    edit(clerk, item, name="Blouse")
    item.refresh_from_db()
    assert item.image_path

    edit(clerk, item, remove_picture="on")
    item.refresh_from_db()
    assert item.image_path is None


@pytest.mark.parametrize("content", [b"hello", drawn("BMP")])
def test_a_file_that_is_no_picture_is_complained_about(clerk, content):
    bad = SimpleUploadedFile("shirt.png", content, content_type="image/png")

    response = clerk.post(reverse("admin:catalog_item_add"), SHIRT | NO_DESIGNS | {"picture": bad})

    assert "Invalid image format" in response.content.decode()
    assert not Item.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("name", "  "), ("price", "-1"), ("price", "1e9")])
def test_bad_values_are_complained_about(clerk, field, value):
    response = clerk.post(reverse("admin:catalog_item_add"), SHIRT | NO_DESIGNS | {field: value})

    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert not Item.objects.exists()


def test_items_are_deleted_and_restored_in_bulk(clerk):
    first, second = ItemFactory.create_batch(2)

    assert "Deleted 2 items." in act(clerk, "delete_items", first, second)
    assert Item.objects.active().count() == 0
    assert "Restored 1 item." in act(clerk, "restore_items", first)
    assert list(Item.objects.active()) == [first]


def test_pictures_of_items_that_are_sold_stay(clerk):
    sold = ItemFactory(image_path="items/1.png")
    gone = ItemFactory(image_path="items/2.png", deleted=True)

    page = act(clerk, "remove_images", sold, gone)

    assert "Removed the pictures of 1 item." in page
    assert "Item must be soft-deleted before permanent image removal" in page
    sold.refresh_from_db()
    assert sold.image_path


def designs(*lines):
    data = {"designs-TOTAL_FORMS": len(lines)}
    data["designs-INITIAL_FORMS"] = sum("id" in line for line in lines)
    for number, line in enumerate(lines):
        data |= {f"designs-{number}-{name}": value for name, value in line.items()}
    return data


def test_designs_are_added_arranged_and_deleted_beside_their_item(clerk):
    item = ItemFactory()
    old = DesignFactory(item=item, primary=True, name="Plain")
    gone = DesignFactory(item=item, name="Gone")
    lines = designs(
        {"id": old.pk, "item": item.pk, "display_order": 5},
        {"id": gone.pk, "item": item.pk, "display_order": 0, "DELETE": "on"},
        {"item": item.pk, "name": "Floral", "is_primary": "on", "display_order": 1,
         "picture": file()},
    )  # fmt: skip

    edit(clerk, item, **lines)

    shown = [(design.name, design.is_primary, design.display_order)
             for design in Design.objects.in_order()]  # fmt: skip
    assert shown == [("Floral", True, 1), ("Plain", False, 5)]


def test_a_new_design_needs_a_picture(clerk):
    item = ItemFactory()

    response = edit(clerk, item, **designs({"item": item.pk, "name": "Floral", "display_order": 0}))

    assert "This field is required" in response.content.decode()
    assert not Design.objects.exists()


def test_a_viewer_looks_and_changes_nothing(db):
    viewer, item = desk(viewer=True), ItemFactory(name="Shirt")

    assert viewer.get(reverse(LIST)).status_code == 200
    assert viewer.get(reverse("admin:catalog_item_change", args=[item.pk])).status_code == 200
    assert edit(viewer, item, name="Stolen").status_code == 403
    act(viewer, "delete_items", item)
    assert Item.objects.active().get().name == "Shirt"


def test_nobody_deletes_a_row(db):
    boss, item = desk(admin=True), ItemFactory()

    url = reverse("admin:catalog_item_delete", args=[item.pk])

    assert boss.post(url, {"post": "yes"}).status_code == 403

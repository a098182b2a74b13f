import re
from decimal import Decimal

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


def act(client, action, *items, **posted):
    data = {"action": action, "_selected_action": [item.pk for item in items], **posted}
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

    asked = act(clerk, "remove_images", sold, gone)
    assert "1 of them is still sold" in asked
    assert Item.objects.exclude(image_path=None).count() == 2

    page = act(clerk, "remove_images", sold, gone, confirmed="1", expected="2")

    assert "Removed the pictures of 1 item." in page
    assert "Item must be soft-deleted before permanent image removal" in page
    sold.refresh_from_db()
    assert sold.image_path


def undo(client, page):
    url = re.search(r'href="([^"]+/undo/[^"]+)"', page)[1]
    assert client.get(url).status_code == 200
    return client.post(url, follow=True).content.decode()


def test_what_was_deleted_or_restored_in_bulk_is_undone(clerk):
    items = ItemFactory.create_batch(2)
    before = ItemFactory(deleted=True)

    page = act(clerk, "delete_items", *items)
    assert "Undone for 2 items." in undo(clerk, page)
    assert Item.objects.active().count() == 2

    page = act(clerk, "restore_items", before, *items)
    assert "Undone for 1 item." in undo(clerk, page)
    assert Item.objects.deleted().get() == before


def test_prices_are_changed_by_percent_after_a_preview_and_undone(clerk):
    cheap, dear = ItemFactory(price="9.99"), ItemFactory(price="1299.50")
    other = ItemFactory(price=5)
    asked = {"percent": "10", "step": "0.50"}

    page = act(clerk, "change_prices", cheap, dear, **asked)
    assert "Change 2 prices" in page
    assert "1,429.50" in page
    assert set(Item.objects.filter(pk__in=[cheap.pk, dear.pk], price__in=["9.99", "1299.50"])) == {
        cheap,
        dear,
    }

    page = act(clerk, "change_prices", cheap, dear, confirmed="1", expected="2", **asked)
    prices = dict(Item.objects.values_list("pk", "price"))
    assert [prices[item.pk] for item in (cheap, dear, other)] == [11, Decimal("1429.50"), 5]

    Item.objects.filter(pk=cheap.pk).update(price=12)
    assert "Undone for 1 item." in undo(clerk, page)
    prices = dict(Item.objects.values_list("pk", "price"))
    assert [prices[item.pk] for item in (cheap, dear)] == [12, Decimal("1299.50")]


@pytest.mark.parametrize("percent", ["", "-91", "NaN", "1e9", "ten"])
def test_a_change_of_prices_that_makes_no_sense_is_complained_about(clerk, percent):
    item = ItemFactory(price=10)

    page = act(clerk, "change_prices", item, percent=percent, step="1", confirmed="1", expected="1")

    assert 'role="alert"' in page
    assert Item.objects.get().price == 10


def test_prices_of_all_that_match_are_changed(clerk):
    ItemFactory.create_batch(3, color="Red", price=100)
    ItemFactory(color="Blue", price=100)
    data = {
        "action": "change_prices",
        "_selected_action": [Item.objects.first().pk],
        "select_across": "1",
        "percent": "-5",
        "step": "1",
        "confirmed": "1",
        "expected": "3",
    }

    clerk.post(f"{reverse(LIST)}?q=red", data)

    assert Item.objects.filter(price=95, color="Red").count() == 3
    assert Item.objects.get(color="Blue").price == 100


def test_a_link_that_undoes_is_ours_or_does_nothing(clerk):
    url = reverse("admin:catalog_item_undo", args=["forged:token"])

    assert "can no longer be undone" in clerk.post(url, follow=True).content.decode()


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

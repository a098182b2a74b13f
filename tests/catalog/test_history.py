"""Who changed what of an item, whichever way."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from apps.catalog.models import Item
from apps.catalog.story import story_of
from apps.core.story import UNKNOWN
from tests.catalog.world import data_url, drawn
from tests.conftest import CallerClient
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory

# Real transactions: the moment of an event is that of its transaction.
pytestmark = pytest.mark.django_db(transaction=True)

SHIRT = {"name": "Shirt", "price": 9.5, "color": "Red"}


@pytest.fixture
def asha():
    return CallerClient(UserFactory(operator=True, username="asha"))


@pytest.fixture
def ravi():
    return CallerClient(UserFactory(operator=True, username="ravi"))


def told(item_id):
    return [(chapter.by, *chapter.sentences) for chapter in story_of(Item.objects.get(pk=item_id))]


def made_by(api):
    return api.post("/api/items", SHIRT, format="json").json()["id"]


def test_each_change_is_told_with_who_made_it(asha, ravi):
    item = made_by(asha)
    ravi.put(f"/api/items/{item}", {"price": 12, "color": ""}, format="json")
    asha.delete(f"/api/items/{item}")
    ravi.post(f"/api/items/{item}/restore")

    assert told(item) == [
        ("ravi", "Restored"),
        ("asha", "Deleted"),
        ("ravi", "Price: 9.50 → 12.00", "Color: Red → nothing"),
        ("asha", "Added as Shirt"),
    ]


def test_pictures_and_designs_belong_to_the_story(asha, ravi):
    item = made_by(asha)
    asha.put(f"/api/items/{item}", {"image": data_url(drawn())}, format="json")
    floral = {"designName": "Floral", "image": data_url(drawn())}
    design = ravi.post(f"/api/items/{item}/designs", floral, format="json").json()["id"]
    ravi.put(f"/api/items/{item}/designs/{design}", {"isPrimary": True}, format="json")
    asha.delete(f"/api/items/{item}/designs/{design}")

    assert told(item)[:-1] == [
        ("asha", "Design removed: Floral"),
        ("ravi", "Design Floral: Is primary: no → yes"),
        ("ravi", "Design added: Floral"),
        ("asha", "Picture added"),
    ]


def test_what_changes_nothing_is_no_event(asha):
    item = made_by(asha)

    asha.put(f"/api/items/{item}", {"price": 9.5}, format="json")

    assert len(told(item)) == 1


def test_staff_see_the_story_in_the_admin_and_write_it_there(client, asha):
    item = made_by(asha)
    client.force_login(UserFactory(operator=True, staff=True, username="meera"))
    page = reverse("admin:catalog_item_change", args=[item])
    designs = {"designs-TOTAL_FORMS": 0, "designs-INITIAL_FORMS": 0}
    edited = {"name": "Blouse", "price": "9.50", "color": "Red", "fabric": ""} | designs

    answer = client.post(page, edited)

    assert answer.status_code == 302, answer.context["errors"]
    assert told(item)[0] == ("meera", "Name: Shirt → Blouse")
    assert "Name: Shirt → Blouse" in client.get(page).content.decode()


def test_bulk_actions_are_told_too(client, asha):
    item = made_by(asha)
    client.force_login(UserFactory(operator=True, staff=True, username="meera"))

    client.post(
        reverse("admin:catalog_item_changelist"),
        {"action": "delete_items", "_selected_action": [item]},
    )

    assert told(item)[0] == ("meera", "Deleted")


def test_a_change_behind_the_application_is_told_without_a_name():
    item = ItemFactory(name="Shirt")

    Item.objects.filter(pk=item.pk).update(name="Blouse")

    assert told(item.pk)[0] == (UNKNOWN, "Name: Shirt → Blouse")


def test_nobody_rewrites_history(asha):
    item = made_by(asha)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_itemevent SET name = 'x' WHERE pgh_obj_id = %s", [item])

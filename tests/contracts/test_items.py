"""contracts/orders.md 1.0, 1.4-1.10, 9.1 and 10.1: items, to the letter of the JSON."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.catalog.models import Item
from tests.catalog.world import data_url, drawn
from tests.factories.catalog import DesignFactory, ItemFactory
from tests.factories.orders import OrderItemFactory

pytestmark = pytest.mark.django_db

KEYS = [
    "id", "name", "price", "color", "fabric", "specialFeatures", "imageUrl", "createdAt",
    "deletedAt", "_id",
]  # fmt: skip
NOON = datetime(2025, 1, 5, 12, 0, 0, 120_999, tzinfo=UTC)
NO_SUCH_ITEMS = ["999999", "abc", "2147483648", "99999999999999999999", "0", "-1"]


def names(answer):
    return [item["name"] for item in answer["items"]]


def message_of(response):
    body = response.json()
    assert body["message"] == body["error"]
    assert "requestId" in body
    return response.status_code, body["message"]


# --- 1.0 bytes


def test_an_item_is_written_byte_by_byte_as_documented(viewer_api):
    item = ItemFactory(
        name="Şal", price=Decimal("1299.50"), color=None, fabric="Linen", created_at=NOON
    )

    response = viewer_api.get("/api/items")

    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response.content.decode() == (
        f'[{{"id":{item.pk},"name":"Şal","price":1299.5,"color":"","fabric":"Linen",'
        '"specialFeatures":"","imageUrl":"","createdAt":"2025-01-05T12:00:00.120Z",'
        f'"deletedAt":null,"_id":{item.pk}}}]'
    )


@pytest.mark.parametrize(
    ("price", "written"),
    [("100.00", "100"), ("99.50", "99.5"), ("12.34", "12.34"), ("0.00", "0"),
     ("99999999.99", "99999999.99"), ("0.10", "0.1")],
)  # fmt: skip
def test_a_price_is_a_number_without_needless_digits(viewer_api, price, written):
    item = ItemFactory(price=Decimal(price))

    text = viewer_api.get(f"/api/items/{item.pk}").content.decode()

    assert f'"price":{written},' in text


def test_moments_are_cut_to_milliseconds(viewer_api):
    item = ItemFactory(created_at=NOON, deleted_at=NOON + timedelta(microseconds=1))

    body = viewer_api.get(f"/api/items/{item.pk}").json()

    assert body["createdAt"] == "2025-01-05T12:00:00.120Z"
    assert body["deletedAt"] == "2025-01-05T12:00:00.121Z"


@pytest.mark.parametrize("path", ["/api/items", "/api/items/deleted", "/api/items?page=1"])
def test_a_trailing_slash_makes_no_difference(viewer_api, path):
    ItemFactory()
    bare, _, query = path.partition("?")

    plain = viewer_api.get(path)
    slashed = viewer_api.get(f"{bare}/?{query}")

    assert slashed.status_code == plain.status_code == 200
    assert slashed.content == plain.content


def test_only_those_who_are_signed_in_see_items(anonymous_api):
    assert anonymous_api.get("/api/items").status_code == 401


def test_a_viewer_changes_nothing(viewer_api):
    response = viewer_api.post("/api/items", {"name": "Shirt", "price": 1}, format="json")

    assert response.status_code == 403
    assert not Item.objects.exists()


# --- 1.4 and 1.5 lists


@pytest.mark.parametrize("query", ["", "?page=&limit=", "?search=none", "?cursor="])
def test_without_page_and_limit_the_answer_is_an_array_of_all_that_is_sold(viewer_api, query):
    first, second = ItemFactory(), ItemFactory()
    ItemFactory(deleted=True)

    answer = viewer_api.get(f"/api/items{query}").json()

    assert [item["id"] for item in answer] == [second.pk, first.pk]
    assert [list(item) for item in answer] == [KEYS, KEYS]


def test_items_of_the_same_instant_are_listed_by_falling_id(viewer_api):
    items = ItemFactory.create_batch(3, created_at=NOON)

    answer = viewer_api.get("/api/items").json()

    assert [item["id"] for item in answer] == [item.pk for item in reversed(items)]


def test_a_page_has_items_and_pagination_and_nothing_else(viewer_api):
    ItemFactory.create_batch(12)

    answer = viewer_api.get("/api/items?page=2").json()

    assert list(answer) == ["items", "pagination"]
    assert len(answer["items"]) == 2
    assert answer["pagination"] == {"page": 2, "limit": 10, "total": 12, "totalPages": 2}


def test_a_page_past_the_end_is_empty_and_echoed(viewer_api):
    ItemFactory()

    answer = viewer_api.get("/api/items?page=9&limit=20").json()

    assert answer["items"] == []
    assert answer["pagination"] == {"page": 9, "limit": 20, "total": 1, "totalPages": 1}


def test_nothing_has_no_pages(viewer_api):
    answer = viewer_api.get("/api/items?page=1").json()

    assert answer == {
        "items": [],
        "pagination": {"page": 1, "limit": 10, "total": 0, "totalPages": 0},
    }


@pytest.mark.parametrize(
    ("query", "page", "limit"),
    [
        ("page=2abc&limit=20.9", 2, 20),
        ("page=2.9&limit=50px", 2, 50),
        ("page=abc&limit=100", 1, 100),
        ("page=0&limit=7", 1, 10),
        ("page=-3&limit=-10", 1, 10),
        ("page=1&limit=1000", 1, 10),
        ("page=1&page=3", 3, 10),
        ("page=%00&limit=%00", 1, 10),
        ("page=99999999999999999999999", 1_000_000_000, 10),
    ],
)
def test_odd_page_numbers_never_fail(viewer_api, query, page, limit):
    ItemFactory()

    response = viewer_api.get(f"/api/items?{query}")

    assert response.status_code == 200
    pagination = response.json()["pagination"]
    assert (pagination["page"], pagination["limit"]) == (page, limit)


@pytest.mark.parametrize("column", ["name", "color", "fabric", "special_features"])
def test_a_search_finds_the_text_in_any_column_whatever_its_case(viewer_api, column):
    found = ItemFactory(**{column: "Hand-BLOCKED ikat"})
    ItemFactory()

    answer = viewer_api.get("/api/items?page=1&search=  blocked Ikat ").json()

    assert [item["id"] for item in answer["items"]] == [found.pk]


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("100%25", "100% cotton"),
        ("a_b", "a_b"),
        ("%5C", "back\\slash"),
        ("'", "queen's"),
        ('"', 'a"'),
    ],
)
def test_wildcards_are_letters(viewer_api, search, name):
    ItemFactory(name=name)
    ItemFactory(name="100 cotton")
    ItemFactory(name="aXb")

    assert names(viewer_api.get(f"/api/items?page=1&search={search}").json()) == [name]


@pytest.mark.parametrize(
    "search", ["%00", "%FF", "x&search=y", "'; DROP TABLE items; --", "%F0%9F%92%8A"]
)
def test_no_search_ever_fails(viewer_api, search):
    assert viewer_api.get(f"/api/items?page=1&search={search}").status_code == 200


def test_deleted_items_have_a_list_of_their_own_always_in_pages(viewer_api):
    ItemFactory()
    early = ItemFactory(deleted_at=NOON)
    late = ItemFactory(deleted_at=NOON + timedelta(microseconds=1))

    answer = viewer_api.get("/api/items/deleted").json()

    assert [item["id"] for item in answer["items"]] == [late.pk, early.pk]
    assert answer["pagination"] == {"page": 1, "limit": 10, "total": 2, "totalPages": 1}


# --- 9.1 cursors


def test_a_cursor_skips_no_item_of_the_same_instant(viewer_api):
    ItemFactory.create_batch(25, created_at=NOON)
    seen, cursor = [], ""
    while True:
        answer = viewer_api.get("/api/items", {"limit": 10, "cursor": cursor}).json()
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["page"]["nextCursor"]
        if not answer["page"]["hasMore"]:
            break

    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 25
    assert cursor is None


def test_a_limit_alone_serves_both_generations_of_clients(viewer_api):
    ItemFactory.create_batch(11)

    answer = viewer_api.get("/api/items?limit=10").json()

    assert list(answer) == ["items", "pagination", "page"]
    assert answer["pagination"]["total"] == 11
    assert answer["page"]["hasMore"] is True
    last = answer["items"][-1]["id"]
    assert re.fullmatch(rf"2025-[0-9T:-]+\.\d{{6}}Z:{last}", answer["page"]["nextCursor"])


def test_cursors_of_the_original_with_milliseconds_are_understood(viewer_api):
    older = ItemFactory(created_at=NOON - timedelta(seconds=1))
    newer = ItemFactory(created_at=NOON)

    answer = viewer_api.get(f"/api/items?cursor=2025-01-05T12:00:00.000Z:{newer.pk}").json()

    assert [item["id"] for item in answer["items"]] == [older.pk]
    assert answer["page"] == {"limit": 10, "nextCursor": None, "hasMore": False}


@pytest.mark.parametrize(
    ("path", "moment"), [("/api/items", "createdAt"), ("/api/items/deleted", "deletedAt")]
)
@pytest.mark.parametrize("cursor", ["x", "2025-02-30T00:00:00.000Z:1", "2025-01-05:1", ":", "%00"])
def test_a_bad_cursor_is_refused_in_the_documented_words(viewer_api, path, moment, cursor):
    response = viewer_api.get(f"{path}?cursor={cursor}")

    expected = f'Invalid cursor format. Expected format: "{moment}:id"'
    assert message_of(response) == (400, expected)


# --- 1.6 create


def test_an_item_is_created_with_trimmed_texts(operator_api):
    response = operator_api.post(
        "/api/items",
        {
            "name": "  Linen shirt ", "price": 1299.5, "color": " White ", "fabric": "  ",
            "image": "", "id": 4711, "imageUrl": "https://evil.example/x.png",
            "createdAt": "1999-01-01", "deletedAt": "1999-01-01",
        },
        format="json",
    )  # fmt: skip

    assert response.status_code == 201
    body = response.json()
    assert list(body) == KEYS
    assert body["name"] == "Linen shirt"
    assert (body["color"], body["fabric"], body["specialFeatures"]) == ("White", "", "")
    assert (body["imageUrl"], body["deletedAt"]) == ("", None)
    item = Item.objects.get(pk=body["id"])
    assert item.fabric is None
    assert abs(datetime.now(UTC) - item.created_at) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("price", "stored"),
    [(12.999, "13.00"), ("12.345", "12.35"), (1.005, "1.01"), ("  7 ", "7.00"), (0, "0.00"),
     ("1e2", "100.00"), ("-0", "0.00"), (99999999.99, "99999999.99"), (".5", "0.50")],
)  # fmt: skip
def test_a_price_is_rounded_half_up(operator_api, price, stored):
    response = operator_api.post("/api/items", {"name": "Shirt", "price": price}, format="json")

    assert response.status_code == 201
    assert str(Item.objects.get().price) == stored


@pytest.mark.parametrize(
    "price",
    [None, "", " ", "abc", -1, "-0.01", True, [], {}, "Infinity", "NaN", 1e300, "1e999", 100000000,
     "99999999.995", "0x10", "1_000", "٣"],
)  # fmt: skip
def test_anything_else_is_no_price(operator_api, price):
    response = operator_api.post("/api/items", {"name": "Shirt", "price": price}, format="json")

    assert message_of(response) == (400, "Valid price is required")


def test_a_missing_price_is_no_price(operator_api):
    response = operator_api.post("/api/items", {"name": "Shirt"}, format="json")

    assert message_of(response) == (400, "Valid price is required")


@pytest.mark.parametrize("name", [None, "", "  \n", 5, True, [], {"a": 1}, "\u2003"])
def test_the_name_is_asked_for_first(operator_api, name):
    response = operator_api.post(
        "/api/items", {"name": name, "image": "data:image/"}, format="json"
    )

    assert message_of(response) == (400, "Item name is required")


@pytest.mark.parametrize("field", ["color", "fabric", "specialFeatures"])
def test_other_texts_must_be_texts(operator_api, field):
    response = operator_api.post(
        "/api/items", {"name": "Shirt", "price": 1, field: 5}, format="json"
    )

    assert message_of(response) == (400, f"{field} must be text")


@pytest.mark.parametrize("field", ["name", "color"])
def test_a_nul_character_is_a_bad_request(operator_api, field):
    item = {"name": "Shirt", "price": 1} | {field: "a\x00b"}

    response = operator_api.post("/api/items", item, format="json")

    assert response.status_code == 400


@pytest.mark.parametrize(
    "image", ["https://img.example/x.png", 5, [], None, "DATA:image/png", False]
)
def test_what_is_no_data_url_is_no_image(operator_api, image):
    response = operator_api.post(
        "/api/items", {"name": "Shirt", "price": 1, "image": image}, format="json"
    )

    assert response.status_code == 201
    assert response.json()["imageUrl"] == ""


def test_odd_blanks_and_long_texts_are_stored(operator_api):
    for name in ("\ufeff", "\u200b", "\u180e", "\x1f x", "n" * 100_000):
        response = operator_api.post("/api/items", {"name": name, "price": 1}, format="json")
        assert response.status_code == 201, ascii(name[:3])


@pytest.mark.parametrize("body", ["{", "", "5", '"text"', "null", '{"name": "\\ud800"}'])
def test_bodies_that_are_no_objects_are_refused(operator_api, body):
    response = operator_api.post("/api/items", body, content_type="application/json")

    expected = "Invalid JSON body" if body else "Item name is required"
    assert message_of(response) == (400, expected)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json"])
def test_other_bodies_and_lists_count_as_empty_objects(operator_api, kind):
    response = operator_api.generic("POST", "/api/items", "[1]", content_type=kind)

    assert message_of(response) == (400, "Item name is required")


def test_a_url_encoded_form_works_as_well(operator_api):
    response = operator_api.post(
        "/api/items", "name=Shirt&price=12.50", content_type="application/x-www-form-urlencoded"
    )

    assert response.status_code == 201
    assert response.json()["price"] == 12.5


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_above_10_megabytes_is_too_large(operator_api, kind):
    response = operator_api.generic("POST", "/api/items", b"x" * 10_485_761, content_type=kind)

    assert response.status_code == 413
    assert response.json()["message"]


# --- 1.7 change


def put(client, item, **fields):
    return client.put(f"/api/items/{item.pk}", fields, format="json")


def test_only_what_is_sent_changes(operator_api):
    item = ItemFactory(name="Shirt", price=Decimal(5), color="Red", special_features="Pockets")

    body = put(operator_api, item, name=" Blouse ", color=None, specialFeatures=" ").json()

    assert list(body) == KEYS
    assert (body["name"], body["price"], body["color"]) == ("Blouse", 5, "")
    assert (body["fabric"], body["specialFeatures"]) == ("Linen", "")


@pytest.mark.parametrize("traits", [{}, {"deleted": True}])
def test_an_empty_change_returns_the_item_unchanged(operator_api, traits):
    item = ItemFactory(**traits)
    before = operator_api.get(f"/api/items/{item.pk}").json()

    response = put(operator_api, item)

    assert response.status_code == 200
    assert response.json() == before


@pytest.mark.parametrize("name", [None, "", "  ", 5])
def test_a_name_cannot_be_emptied(operator_api, name):
    response = put(operator_api, ItemFactory(), name=name, price="bad")

    assert message_of(response) == (400, "Item name cannot be empty")


@pytest.mark.parametrize("price", [None, "", "abc", -1])
def test_a_price_cannot_be_emptied(operator_api, price):
    response = put(operator_api, ItemFactory(), name="Shirt", price=price, image="data:image/x")

    assert message_of(response) == (400, "Valid price is required")


def test_values_are_checked_before_the_item_and_the_item_before_its_image(operator_api):
    url = "/api/items/999999"

    bad_price = operator_api.put(url, {"price": "x"}, format="json")
    bad_image = operator_api.put(url, {"image": "data:image/x"}, format="json")

    assert message_of(bad_price) == (400, "Valid price is required")
    assert message_of(bad_image) == (404, "Item not found")


# --- 1.8 to 1.10


def test_a_deleted_item_leaves_the_catalogue_and_can_be_restored(operator_api):
    item = ItemFactory()
    url = f"/api/items/{item.pk}"

    deleted = operator_api.delete(url, content_type="application/json")

    assert deleted.content == b'{"message":"Item deleted"}'
    assert operator_api.get("/api/items").json() == []
    assert names(operator_api.get("/api/items/deleted").json()) == [item.name]
    restored = operator_api.post(f"{url}/restore", content_type="application/json")
    assert restored.status_code == 200
    assert list(restored.json()) == KEYS
    assert restored.json()["deletedAt"] is None
    assert len(operator_api.get("/api/items").json()) == 1


def test_deleting_again_moves_the_moment_and_restoring_again_is_harmless(operator_api):
    item = ItemFactory(deleted_at=NOON)

    assert operator_api.delete(f"/api/items/{item.pk}").status_code == 200
    item.refresh_from_db()
    assert item.deleted_at > NOON
    assert operator_api.post(f"/api/items/{item.pk}/restore").status_code == 200
    assert operator_api.post(f"/api/items/{item.pk}/restore").status_code == 200


def test_the_image_of_an_item_that_is_sold_stays(operator_api):
    response = operator_api.delete(f"/api/items/{ItemFactory().pk}/permanent")

    message = "Item must be soft-deleted before permanent image removal"
    assert message_of(response) == (400, message)


def test_removing_the_image_of_a_deleted_item_keeps_the_row(operator_api):
    item = ItemFactory(deleted=True)

    response = operator_api.delete(f"/api/items/{item.pk}/permanent")

    assert response.status_code == 200
    assert response.content == b'{"message":"Item image permanently removed"}'
    assert Item.objects.filter(pk=item.pk).exists()


@pytest.mark.parametrize("number", NO_SUCH_ITEMS)
def test_what_does_not_exist_is_404_in_every_way(operator_api, number):
    url = f"/api/items/{number}"
    responses = [
        operator_api.get(url),
        operator_api.put(url, {}, format="json"),
        operator_api.delete(url),
        operator_api.post(f"{url}/restore"),
        operator_api.delete(f"{url}/permanent"),
        operator_api.get(f"{url}/designs"),
    ]

    assert [message_of(response) for response in responses] == [(404, "Item not found")] * 6


def test_an_id_is_read_as_far_as_it_is_a_number(viewer_api):
    item = ItemFactory()

    assert viewer_api.get(f"/api/items/{item.pk}abc").json()["id"] == item.pk


def test_an_unknown_method_is_answered_in_json(operator_api):
    response = operator_api.patch("/api/items", {}, format="json")

    assert response.status_code == 405
    assert response.json()["message"]


# --- 9.2 designs


DESIGN_KEYS = [
    "id", "itemId", "designName", "imageUrl", "isPrimary", "displayOrder", "createdAt", "_id",
]  # fmt: skip
IMAGE = data_url(drawn())


def post_design(client, item, **fields):
    return client.post(f"/api/items/{item.pk}/designs", fields, format="json")


def test_designs_are_part_of_an_item_only_when_asked_for(viewer_api):
    item = ItemFactory(deleted=True)
    second = DesignFactory(item=item, display_order=2)
    first = DesignFactory(item=item, display_order=1)
    primary = DesignFactory(item=item, primary=True, display_order=9)

    bare = viewer_api.get(f"/api/items/{item.pk}?includeDesigns=1").json()
    full = viewer_api.get(f"/api/items/{item.pk}?includeDesigns=true").json()

    assert list(bare) == KEYS
    assert list(full) == [*KEYS, "designs"]
    assert [design["id"] for design in full["designs"]] == [primary.pk, first.pk, second.pk]
    assert list(full["designs"][0]) == DESIGN_KEYS
    assert full["designs"] == viewer_api.get(f"/api/items/{item.pk}/designs").json()


def test_a_new_primary_design_takes_the_place_of_the_old_one(operator_api):
    old = DesignFactory(primary=True)

    response = post_design(
        operator_api, old.item, designName=" Floral ", image=IMAGE, isPrimary=True, displayOrder=3
    )

    assert response.status_code == 201
    body = response.json()
    assert list(body) == DESIGN_KEYS
    assert (body["designName"], body["isPrimary"], body["displayOrder"]) == ("Floral", True, 3)
    assert body["imageUrl"].startswith("http://testserver/images/items/")
    old.refresh_from_db()
    assert old.is_primary is False


@pytest.mark.parametrize("image", [None, "", "https://img.example/x.png", 5])
def test_a_design_needs_a_picture(operator_api, image):
    response = post_design(operator_api, ItemFactory(), designName="Floral", image=image)

    assert message_of(response) == (400, "Valid design image is required")


def test_a_design_needs_a_name_first(operator_api):
    response = post_design(operator_api, ItemFactory(), designName=" ")

    assert message_of(response) == (400, "Design name is required")


@pytest.mark.parametrize("odd", [{"isPrimary": "yes"}, {"isPrimary": 1}, {"displayOrder": 1.5},
                                 {"displayOrder": True}, {"displayOrder": 2**31}])  # fmt: skip
def test_odd_places_are_refused(operator_api, odd):
    response = post_design(operator_api, ItemFactory(), designName="Floral", image=IMAGE, **odd)

    assert response.status_code == 400


def test_making_a_design_primary_ignores_its_place(operator_api):
    old = DesignFactory(primary=True)
    design = DesignFactory(item=old.item, display_order=4)
    url = f"/api/items/{old.item_id}/designs/{design.pk}"

    response = operator_api.put(
        url, {"isPrimary": True, "displayOrder": 7, "designName": "X"}, format="json"
    )

    body = response.json()
    assert (body["isPrimary"], body["displayOrder"]) == (True, 4)
    assert body["designName"] == design.name
    old.refresh_from_db()
    assert old.is_primary is False


def test_a_design_can_be_placed_and_lose_the_first_place(operator_api):
    design = DesignFactory(primary=True)
    url = f"/api/items/{design.item_id}/designs/{design.pk}"

    body = operator_api.put(url, {"isPrimary": False, "displayOrder": 7}, format="json").json()

    assert (body["isPrimary"], body["displayOrder"]) == (False, 7)


def test_designs_are_only_reached_through_their_own_item(operator_api):
    design, other = DesignFactory(), ItemFactory()
    wrong = f"/api/items/{other.pk}/designs/{design.pk}"

    foreign = [operator_api.put(wrong, {}, format="json"), operator_api.delete(wrong)]
    no_item = operator_api.put(f"/api/items/999999/designs/{design.pk}", {}, format="json")
    no_design = operator_api.delete(f"/api/items/{other.pk}/designs/999999")

    expected = (400, "Design does not belong to this item")
    assert [message_of(response) for response in foreign] == [expected, expected]
    assert message_of(no_item) == (404, "Item not found")
    assert message_of(no_design) == (404, "Design not found")


def test_a_deleted_design_is_shown_once_more(operator_api):
    design = DesignFactory()
    url = f"/api/items/{design.item_id}/designs/{design.pk}"

    body = operator_api.delete(url).json()

    assert list(body) == ["message", "design"]
    assert body["message"] == "Design deleted"
    assert body["design"]["id"] == design.pk
    assert message_of(operator_api.delete(url)) == (404, "Design not found")


def test_an_order_survives_the_deletion_of_its_design(operator_api):
    design = DesignFactory()
    line = OrderItemFactory(item=design.item, design=design)

    response = operator_api.delete(f"/api/items/{design.item_id}/designs/{design.pk}")

    assert response.status_code == 200
    line.refresh_from_db()
    assert (line.design, line.item_id) == (None, design.item_id)


def test_an_order_keeps_the_line_of_a_deleted_item(operator_api):
    line = OrderItemFactory()

    assert operator_api.delete(f"/api/items/{line.item_id}").status_code == 200
    line.refresh_from_db()
    assert line.item.is_deleted


def test_the_list_without_pages_has_a_bound_and_says_so(operator_api, settings):
    settings.LIST_MOST_ROWS = 2
    ItemFactory.create_batch(3)

    response = operator_api.get("/api/items")

    assert [item["name"] for item in response.json()] == [
        item.name for item in Item.objects.order_by("-created_at")[:2]
    ]
    assert response["X-Total-Count"] == "3"

"""Many orders changed at once from the list: exactly those that match, and back again."""

import re

import pytest
from django.urls import reverse

from apps.orders.admin import bulk_changes
from apps.orders.models import Order
from apps.orders.services import change_orders as service
from apps.orders.services.update_order import update_order
from apps.orders.signals import order_changed, order_completed
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory

LIST = "admin:orders_order_changelist"
UNDO = re.compile(r'href="([^"]+/undo/[^"]+)"')


@pytest.fixture
def desk(client, db):
    client.force_login(UserFactory(operator=True, staff=True, username="asha"))
    return client


@pytest.fixture
def heard():
    found = {"changed": [], "completed": []}

    def note(order_id, **_):
        found["changed"].append(order_id)

    def note_completed(order, **_):
        found["completed"].append((order.pk, order.status))

    order_changed.connect(note)
    order_completed.connect(note_completed)
    yield found
    order_changed.disconnect(note)
    order_completed.disconnect(note_completed)


def orders(count=3, **values):
    return [OrderFactory(lines=[], **values) for _ in range(count)]


def act(desk, action, chosen, *, query="", across=False, **posted):
    data = {
        "action": action,
        "_selected_action": [order.pk for order in chosen],
        "select_across": int(across),
        "index": 0,
    }
    return desk.post(f"{reverse(LIST)}?{query}", data | posted, follow=True)


def confirm(desk, action, chosen, value, count, **options):
    return act(desk, action, chosen, value=value, confirmed="1", expected=str(count), **options)


def test_a_preview_counts_and_changes_nothing(desk):
    chosen = [*orders(2), *orders(1, status="processing")]

    page = act(desk, "change_status", chosen).content.decode()

    assert "Set the status of 3 orders" in page
    assert "2 change, 1 already has it" in page.replace("\n", " ")
    assert chosen[0].code in page
    assert not Order.objects.exclude(version=1).exists()


def test_all_that_match_the_filter_are_changed_and_no_other(desk, heard, monkeypatch):
    monkeypatch.setattr("apps.orders.admin.order_admin.OrderAdmin.list_per_page", 2)
    wanted = orders(5, order_from="call")
    other = orders(2, order_from="offline")

    page = confirm(
        desk, "change_status", wanted[:1], "completed", 5,
        query="order_from__exact=call&p=2", across=True,
    )  # fmt: skip

    assert "5 orders have now the status Completed" in page.content.decode()
    changed = Order.objects.filter(status="completed")
    assert set(changed) == set(wanted)
    assert set(changed.values_list("version", flat=True)) == {2}
    assert sorted(heard["changed"]) == [order.pk for order in wanted]
    assert heard["completed"] == [(order.pk, "completed") for order in wanted]
    assert not Order.objects.filter(pk__in=[each.pk for each in other], version=2).exists()


def test_who_changed_it_stands_in_the_timeline(desk):
    (order,) = orders(1)

    confirm(desk, "change_delivery_status", [order], "shipped", 1)

    page = desk.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert "<strong>asha</strong><br>Delivery status: Not shipped → Shipped" in page


def test_what_is_so_already_is_left_alone(desk, heard):
    same, other = orders(1, priority=4), orders(1, priority=1)

    page = confirm(desk, "change_priority", [*same, *other], "4", 2).content.decode()

    assert "1 order has now the priority 4" in page
    assert heard["changed"] == [other[0].pk]


def test_a_change_is_undone_but_for_what_was_changed_since(desk):
    pending, processing = orders(2), orders(1, status="processing")
    page = confirm(desk, "change_status", [*pending, *processing], "completed", 3)
    undo = UNDO.search(page.content.decode())[1]
    update_order(order_id=pending[1].pk, sent={"status": "cancelled"}, by=UserFactory())

    assert "2 orders get back the status from before" in desk.get(undo).content.decode()
    desk.post(undo)

    states = dict(Order.objects.values_list("pk", "status"))
    assert [states[order.pk] for order in (*pending, *processing)] == [
        "pending",
        "cancelled",
        "processing",
    ]
    assert "nothing left to undo" in desk.get(undo).content.decode()


def test_a_list_that_has_changed_meanwhile_is_shown_again(desk):
    orders(3)

    page = confirm(desk, "change_priority", orders(1), "5", 3, across=True).content.decode()

    assert "Meanwhile the list has changed: 4 match now" in page
    assert not Order.objects.filter(priority=5).exists()


@pytest.mark.parametrize("value", ["", "lost", "0"])
def test_a_value_that_does_not_exist_is_asked_for_again(desk, value):
    page = confirm(desk, "change_status", orders(1), value, 1).content.decode()

    assert "Choose what it shall be" in page
    assert not Order.objects.exclude(status="pending").exists()


def test_too_many_orders_are_refused_in_words(desk, monkeypatch):
    monkeypatch.setattr(bulk_changes, "MOST_ORDERS", 2)

    page = act(desk, "change_status", orders(3)).content.decode()

    assert "3 orders are too many; at most 2" in page


def test_the_service_refuses_too_many_as_well(db, monkeypatch):
    monkeypatch.setattr(service, "MOST_ORDERS", 2)
    ids = [order.pk for order in orders(3)]

    with pytest.raises(service.TooManyOrders):
        service.change_orders(
            order_ids=ids, field="priority", value=1, by=UserFactory(operator=True)
        )


def test_a_viewer_changes_nothing(client, db):
    client.force_login(UserFactory(viewer=True, staff=True))

    confirm(client, "change_status", orders(2), "completed", 2)
    url = reverse(
        "admin:orders_order_undo", args=["status", "0" * 8 + "-0000-0000-0000-" + "0" * 12]
    )

    assert not Order.objects.exclude(status="pending").exists()
    assert client.post(url).status_code == 403

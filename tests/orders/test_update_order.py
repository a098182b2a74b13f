from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from apps.orders.models import Order
from apps.orders.services.update_order import update_order
from apps.orders.signals import order_changed, order_completed
from apps.orders.story import story_of
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory


@pytest.fixture
def staff(db):
    return UserFactory(operator=True, username="asha")


@pytest.fixture
def heard():
    orders = []

    def hear(order, **_):
        orders.append(order.pk)

    order_completed.connect(hear)
    yield orders
    order_completed.disconnect(hear)


def test_completing_an_order_is_announced_once(staff, heard):
    order = OrderFactory()

    update_order(order_id=order.pk, sent={"status": "completed"}, by=staff)
    update_order(order_id=order.pk, sent={"status": "completed", "address": "1 Rd"}, by=staff)

    assert heard == [order.pk]


def test_only_a_real_change_is_announced(staff):
    order, told = OrderFactory(), []

    def hear(order_id, **_):
        told.append(order_id)

    order_changed.connect(hear)

    update_order(order_id=order.pk, sent={"customerName": order.customer_name}, by=staff)
    update_order(order_id=order.pk, sent={"address": "1 Rd"}, by=staff)

    assert told == [order.pk]


def test_the_same_lines_again_change_nothing(staff):
    order = OrderFactory()
    line = order.items.get()
    sent = {"items": [{"itemId": line.item_id, "quantity": line.quantity}]}

    after = update_order(order_id=order.pk, sent=sent, by=staff)

    assert after.version == order.version
    assert order.items.get().pk == line.pk


def test_the_history_tells_who_changed_what(staff):
    order = OrderFactory(lines=[(ItemFactory(name="Shirt", price=Decimal(5)), 1)])
    silk = ItemFactory(name="Silk", price=Decimal(7))

    update_order(
        order_id=order.pk,
        sent={"status": "processing", "items": [{"itemId": silk.pk, "quantity": 2}]},
        by=staff,
    )

    latest = story_of(order)[0]
    assert latest.by == "asha"
    assert latest.sentences == [
        "Total price: 5.00 → 14.00",
        "Status: Pending → Processing",
        "Line removed: 1 × Shirt at 5.00",  # noqa: RUF001 - times, meant
        "Line added: 2 × Silk at 7.00",  # noqa: RUF001
    ]


def test_a_change_past_the_services_is_in_the_history_too(staff):
    order = OrderFactory(lines=[])

    Order.objects.filter(pk=order.pk).update(priority=4)

    assert story_of(order)[0].sentences[-1] == "Priority: 0 → 4"


@pytest.mark.parametrize(
    "wrong",
    [
        {"paid_amount": Decimal(3000)},
        {"paid_amount": Decimal(-1)},
        {"payment_status": "partially_paid"},
        {"status": "lost"},
        {"order_from": "telegram"},
        {"priority": 6},
        {"customer_name": "  "},
        {"customer_notes": "x" * 5001},
        {"code": "7"},
    ],
)
def test_the_database_itself_refuses_what_must_not_be(db, wrong):
    order = OrderFactory(lines=[])

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**wrong)


@pytest.mark.django_db(transaction=True)
def test_of_eight_editors_with_the_same_version_one_succeeds():
    staff, order = UserFactory(operator=True), OrderFactory(lines=[])

    def edit(number):
        try:
            sent = {"address": f"{number} Rd"}
            update_order(order_id=order.pk, sent=sent, by=staff, version=1)
        except Exception as error:
            return type(error).__name__
        else:
            return "changed"
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(edit, range(8)))

    assert sorted(outcomes) == ["OrderChanged"] * 7 + ["changed"]
    assert Order.objects.get().version == 2

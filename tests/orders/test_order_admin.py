import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from apps.orders.models import Order
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory

LIST = "admin:orders_order_changelist"


@pytest.fixture
def desk(client, db):
    client.force_login(UserFactory(operator=True, staff=True, username="asha"))
    return client


def due(**distance):
    return datetime.now(UTC) + timedelta(**distance)


def page_of(order):
    return reverse("admin:orders_order_change", args=[order.pk])


def form_of(response):
    form = response.context["adminform"].form
    posted = {}
    for bound in form:
        widget = bound.field.widget
        value = widget.format_value(bound.value()) if bound.value() is not None else ""
        if hasattr(widget, "decompress"):
            day, time = widget.decompress(bound.value())
            posted |= {f"{bound.html_name}_0": day or "", f"{bound.html_name}_1": time or ""}
        else:
            posted[bound.html_name] = value[0] if isinstance(value, list) else value
    formset = response.context["inline_admin_formsets"][0].formset
    total, prefix = len(formset.forms), formset.prefix
    posted |= {f"{line.prefix}-id": line.instance.pk for line in formset.forms}
    return posted | {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": total}


def test_the_list_shows_states_and_highlights_late_orders(desk):
    OrderFactory(expected_delivery_date=due(days=-2))

    page = desk.get(reverse(LIST)).content.decode()

    assert "2 days late" in page
    assert "Unpaid" in page
    assert "@mira" in page


@pytest.mark.parametrize(
    ("wanted", "found"), [("overdue", 1), ("priority", 2), ("open", 3), ("", 4)]
)
def test_the_list_is_filtered_by_what_is_to_do(desk, wanted, found):
    OrderFactory(lines=[], expected_delivery_date=due(days=-2))
    OrderFactory(lines=[], expected_delivery_date=due(days=2))
    OrderFactory(lines=[])
    OrderFactory(lines=[], expected_delivery_date=due(days=-2), completed=True)

    response = desk.get(reverse(LIST), {"due": wanted} if wanted else {})

    assert len(response.context["cl"].result_list) == found


def test_an_edit_goes_through_the_service_and_into_the_timeline(desk):
    order = OrderFactory()
    page = desk.get(page_of(order))

    response = desk.post(page_of(order), form_of(page) | {"status": "processing"})

    changed = Order.objects.get()
    assert response.status_code == 302, response.context["errors"]
    assert (changed.status, changed.version) == ("processing", 2)
    story = desk.get(page_of(order)).content.decode()
    assert "Status: Pending → Processing" in story
    assert "<strong>asha</strong>" in story


def test_an_edit_of_what_somebody_else_has_changed_is_refused(desk):
    order = OrderFactory()
    page = desk.get(page_of(order))
    Order.objects.update(version=2)

    response = desk.post(page_of(order), form_of(page) | {"status": "processing"})

    assert "Somebody else has changed the order" in response.content.decode()
    assert Order.objects.get().status == "pending"


def test_paying_more_than_the_total_is_refused_in_words(desk):
    order = OrderFactory()
    page = desk.get(page_of(order))

    response = desk.post(page_of(order), form_of(page) | {"paid_amount": "9999999"})

    assert "Paid amount cannot exceed total price" in response.content.decode()


def test_the_export_has_exactly_the_filtered_orders(desk):
    shirt = ItemFactory(name="Shirt", price=Decimal("12.50"))
    wanted = OrderFactory(lines=[(shirt, 2)], customer_name="=SUM(A1)", status="processing")
    OrderFactory(lines=[])
    url = reverse("admin:orders_order_export", args=["csv"])

    response = desk.get(url, {"status__exact": "processing"})

    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{wanted.code},")
    assert "'=SUM(A1)" in lines[1]
    assert "2 × Shirt" in lines[1]  # noqa: RUF001 - the sign for times, meant


def test_the_workbook_has_numbers_and_dates(desk):
    order = OrderFactory(lines=[(ItemFactory(price=Decimal("12.50")), 1)], customer_name="=1+1")
    url = reverse("admin:orders_order_export", args=["xlsx"])

    content = b"".join(desk.get(url).streaming_content)

    sheet = load_workbook(io.BytesIO(content)).active
    header, row = sheet.iter_rows(values_only=True)
    found = dict(zip(header, row, strict=True))
    assert (found["Order"], found["Total"], found["Customer"]) == (order.code, 12.5, "=1+1")
    assert found["Created"] == order.created_at.replace(tzinfo=None)


def test_a_viewer_looks_and_does_not_change(client, db):
    client.force_login(UserFactory(viewer=True, staff=True))
    order = OrderFactory()

    assert client.get(page_of(order)).status_code == 200
    assert client.post(page_of(order), {"status": "completed"}).status_code == 403

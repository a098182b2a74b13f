"""The orders desk as staff use it: charts, their orders, changes of many, files."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from apps.catalog.models import Item
from apps.orders.models import Order
from tests.factories.accounts import PASSWORD
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory

SALES = "/admin/orders/order/sales"
LIST = "/admin/orders/order/"
NARROW = {"width": 360, "height": 740}


@pytest.fixture
def shop(operator):
    """Sell a little every other day, from two sources."""
    now = datetime.now(UTC)
    shirt = ItemFactory(name="Linen shirt", price=Decimal("12.50"))
    scarf = ItemFactory(name="Scarf", price=Decimal("3.05"))
    for number in range(12):
        OrderFactory(
            created_at=now - timedelta(days=2 * number),
            order_from=("instagram", "call")[number % 2],
            customer_id=f"@{number % 4}",
            expected_delivery_date=now + timedelta(days=number - 4),
            lines=[(shirt, number + 1), (scarf, 1)],
        )
    return operator


@pytest.fixture
def signed_in(desk, shop):
    desk.sign_in(shop)
    return desk


def paths():
    order, item = Order.objects.first(), Item.objects.first()
    return {
        "sales": SALES,
        "orders": LIST,
        "filtered orders": f"{LIST}?status__exact=pending&sold_from=2020-01-01",
        "order": f"{LIST}{order.pk}/change/",
        "items": "/admin/catalog/item/",
        "item": f"/admin/catalog/item/{item.pk}/change/",
        "new item": "/admin/catalog/item/add/",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_free_of_barriers_and_fits_a_phone(signed_in, theme):
    page = signed_in.page
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)

    found = {}
    for name, path in paths().items():
        assert signed_in.open(path) == 200, name
        if barriers := signed_in.barriers():
            found[name] = barriers
        page.set_viewport_size(NARROW)
        if overflow := signed_in.overflow():
            found[f"{name} on a phone"] = overflow
        page.set_viewport_size({"width": 1280, "height": 900})

    assert found == {}


def test_a_bar_leads_to_the_orders_that_it_sums(signed_in):
    page = signed_in.page
    signed_in.open(SALES)
    row = page.locator("#sources tbody tr").first
    number = row.locator("[data-number]").get_attribute("data-number")
    revenue = row.locator("[data-revenue]").get_attribute("data-revenue")
    canvas = page.locator("[data-chart=sources-revenue] canvas")
    expect(canvas).to_be_visible()

    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 0.4, "y": 22})

    page.wait_for_url("**/orders/order/?sold_from=*order_from__exact=*")
    together = page.locator("[data-together]")
    expect(together.locator("[data-number]")).to_have_attribute("data-number", number)
    expect(together.locator("[data-revenue]")).to_have_attribute("data-revenue", revenue)


def test_the_table_leads_there_by_the_keyboard(signed_in):
    page = signed_in.page
    signed_in.open(SALES)
    link = page.locator("#items tbody a").first
    revenue = page.locator("#items tbody [data-revenue]").first.get_attribute("data-revenue")

    link.focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/orders/order/?sold_from=*item=*")
    shown = page.locator("[data-item-revenue]")
    expect(shown).to_have_attribute("data-item-revenue", revenue)


def test_the_charts_follow_the_theme(signed_in):
    page = signed_in.page
    signed_in.open(SALES)
    color = """() => Chart.getChart(document.querySelector('[data-chart=sources-revenue] canvas'))
        .data.datasets[0].backgroundColor[0]"""
    light = page.evaluate(color)

    page.evaluate("document.documentElement.classList.toggle('dark')")

    page.wait_for_function(f"light => ({color})() !== light", arg=light)


def test_the_choices_are_in_the_address(signed_in):
    page = signed_in.page
    signed_in.open("/admin/")
    page.locator("[data-figure=sales]").click()
    page.wait_for_url(f"**{SALES}")
    page.locator("#nav-sidebar a[href$='/orders/order/sales']").click()
    page.get_by_role("link", name="90 days").click()
    page.get_by_role("link", name="By number").click()

    page.reload()

    assert "range=quarter" in page.url
    assert "by=number" in page.url
    expect(page.locator(".br-option[aria-current]")).to_have_text(
        ["90 days", "All orders", "By number"]
    )


def test_without_javascript_the_tables_remain(chromium, live_server, shop):
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/login/")
        page.fill("[name=username]", shop.username)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.goto(f"{live_server.url}{SALES}")

        expect(page.locator("#sources tbody tr")).to_have_count(2)
        expect(page.locator("canvas").first).to_be_hidden()
        page.click("#sources tbody a >> nth=0")
        expect(page.locator("[data-together]")).to_be_visible()


def test_all_that_match_a_filter_are_changed_and_the_change_is_undone(signed_in, monkeypatch):
    monkeypatch.setattr("apps.orders.admin.order_admin.OrderAdmin.list_per_page", 3)
    page = signed_in.page
    signed_in.open(f"{LIST}?order_from__exact=call&p=2")
    page.locator("#action-toggle").check()
    page.get_by_title("Click here to select the objects across all pages").click()
    page.locator("select[name=action]").select_option("change_status")
    page.get_by_role("button", name="Run").click()

    expect(page.get_by_text("All 6 orders that match the filter.")).to_be_visible()
    assert signed_in.barriers() == []
    page.get_by_label("Completed").check()
    page.get_by_role("button", name="Change 6 orders").click()

    expect(page.get_by_text("6 orders have now the status Completed.")).to_be_visible()
    assert set(Order.objects.filter(status="completed").values_list("order_from")) == {("call",)}
    page.get_by_role("link", name="Undo").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    assert signed_in.barriers() == []
    undo.click()
    expect(page.get_by_text("Undone for 6 orders.")).to_be_visible()
    assert not Order.objects.filter(status="completed").exists()


def test_the_export_has_what_the_list_shows(signed_in, tmp_path):
    page = signed_in.page
    signed_in.open(f"{LIST}?order_from__exact=call")
    count = int(page.locator("[data-together] [data-number]").get_attribute("data-number"))

    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()

    file = tmp_path / "orders.csv"
    download.value.save_as(file)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == count + 1
    assert all(",Call," in line for line in lines[1:])


def test_prices_are_looked_at_before_they_are_changed(signed_in):
    page = signed_in.page
    signed_in.open("/admin/catalog/item/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("change_prices")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Change by percent").fill("10")
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_role("cell", name="13.75")).to_be_visible()
    assert signed_in.barriers() == []
    page.get_by_role("button", name="Change 2 prices").click()
    expect(page.get_by_text("Changed the prices of 2 items.")).to_be_visible()
    assert Item.objects.get(name="Linen shirt").price == Decimal("13.75")

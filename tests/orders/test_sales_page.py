"""The sales page: what a row says is what the list behind its link adds up to, to the cent."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory

PAGE = "admin:orders_order_sales"
ROW = re.compile(
    r'<tr><th scope="row">.*?<a class="br-link" href="([^"]+)">([^<]+)</a></th>'
    r'<td class="br-right" data-number="(\d+)">[^<]*</td>'
    r'<td class="br-right" data-revenue="([\d.]+)">'
)


@pytest.fixture
def desk(client, db):
    client.force_login(UserFactory(operator=True, staff=True))
    return client


@pytest.fixture
def sold(db):
    """Sell for a year, to several customers, in every state, at prices with cents."""
    now = datetime.now(UTC)
    items = [
        ItemFactory(name=f"Shirt & tie {number}", price=Decimal(number) + Decimal("0.35"))
        for number in range(1, 4)
    ]
    for number, days in enumerate((0, 1, 1, 3, 6, 20, 29, 40, 100, 300, 364)):
        OrderFactory(
            created_at=now - timedelta(days=days),
            customer_id=f"@mira&{number % 3}",
            order_from=("instagram", "call")[number % 2],
            status=("completed", "pending", "cancelled")[number % 3],
            lines=[(items[number % 3], number + 1), (items[0], 2)],
        )


def rows_of(desk, **asked):
    page = desk.get(reverse(PAGE), asked)
    assert page.status_code == 200
    html = page.content.decode()
    return page, {
        section: [
            (unescape(url), unescape(label), int(number), Decimal(revenue))
            for url, label, number, revenue in ROW.findall(part)
        ]
        for section, part in re.findall(
            r'<section class="br-panel br-chart-panel" id="([^"]+)"(.*?)</section>', html, re.DOTALL
        )
    }


@pytest.mark.parametrize(
    ("days", "status", "by"),
    [
        ("week", "all", "number"),
        ("month", "all", "revenue"),
        ("quarter", "completed", "number"),
        ("year", "completed", "revenue"),
    ],
)
def test_table_chart_and_list_agree_to_the_cent(desk, sold, days, status, by):
    page, sections = rows_of(desk, range=days, status=status, by=by)

    assert list(sections) == ["over-time", "sources", "statuses", "items", "customers"]
    for section, rows in sections.items():
        assert rows, section
        for url, label, number, revenue in rows:
            together = desk.get(url).context["cl"].together
            if section == "items":
                assert str(together.item) == label
                assert (together.pieces, together.item_revenue) == (number, revenue), url
            else:
                assert (together.orders, together.revenue) == (number, revenue), url
    for chart in page.context["charts"]:
        for picture in chart.drawn:
            kept = [getattr(line.sold, "revenue" if picture["isMoney"] else "number")
                    for line in chart.lines]  # fmt: skip
            assert [Decimal(str(value)) for value in picture["values"]] == kept
            assert picture["urls"] == [line.url for line in chart.lines]
        if chart.total:
            lines = [line.sold for line in chart.lines]
            assert sum(line.revenue for line in lines) == chart.total.revenue
            assert sum(line.number for line in lines) == chart.total.number


def test_every_card_leads_to_what_it_counts(desk, sold):
    OrderFactory(expected_delivery_date=datetime.now(UTC) - timedelta(days=2), lines=[])
    OrderFactory(expected_delivery_date=datetime.now(UTC) + timedelta(days=3), lines=[])

    cards = {card.name: card for card in desk.get(reverse(PAGE)).context["cards"]}

    for name in ("orders", "overdue", "due"):
        listed = desk.get(cards[name].url).context["cl"]
        assert cards[name].value == str(listed.result_count), name
    revenue = desk.get(cards["revenue"].url).context["cl"].together.revenue
    assert cards["revenue"].value == f"{revenue:,.2f}"


def test_the_figures_are_handed_to_the_script_without_inline_code(desk, sold):
    html = desk.get(reverse(PAGE)).content.decode()

    text = re.search(r'<script id="charts" type="application/json">(.*?)</script>', html)[1]
    assert {picture["id"] for picture in json.loads(text)} >= {"over-time-revenue", "items-revenue"}
    assert "Shirt \\u0026 tie" in text
    assert " onclick=" not in html


def test_an_unknown_choice_is_the_usual_one(desk):
    page = desk.get(reverse(PAGE), {"range": "century", "status": "x", "by": "'"})

    assert page.context["asked"].days == 30


def test_without_orders_the_page_says_so(desk):
    assert "No order in this range" in desk.get(reverse(PAGE)).content.decode()


def test_nobody_but_staff_sees_it(client, db):
    client.force_login(UserFactory(operator=True))

    answer = client.get(reverse(PAGE))

    assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("admin:login"))


def test_a_range_in_the_address_is_kept_by_the_export(desk, sold):
    _, sections = rows_of(desk, range="month")
    url, _, number, _ = sections["sources"][0]
    export = reverse("admin:orders_order_export", args=["csv"])

    content = b"".join(desk.get(f"{export}?{url.split('?')[1]}").streaming_content)

    assert len(content.decode().splitlines()) == number + 1


@pytest.mark.parametrize("bad", ["sold_from=yesterday", "sold_to=2026-02-30", "priority__exact=x"])
def test_a_filter_that_makes_no_sense_is_not_taken_for_no_filter(desk, sold, bad):
    export = reverse("admin:orders_order_export", args=["csv"])

    assert desk.get(f"{reverse('admin:orders_order_changelist')}?{bad}").status_code == 302
    assert desk.get(f"{export}?{bad}").status_code == 302

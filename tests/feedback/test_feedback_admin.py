import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from apps.feedback.figures import read_figures
from apps.feedback.models import FeedbackToken
from apps.feedback.services.issue_token import issue_token
from tests.factories.accounts import UserFactory
from tests.factories.feedback import FeedbackFactory, FeedbackTokenFactory
from tests.factories.orders import OrderFactory

LIST = "admin:feedback_feedback_changelist"
FIGURES = "/admin/feedback/feedback/figures"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def desk(client, db):
    client.force_login(UserFactory(operator=True, staff=True, username="asha"))
    return client


def given(**values):
    return FeedbackFactory(order=OrderFactory(lines=[], completed=True), **values)


def page_of(feedback):
    return reverse("admin:feedback_feedback_change", args=[feedback.pk])


def order_page(order):
    return reverse("admin:orders_order_change", args=[order.pk])


def link_url(order):
    return reverse("admin:feedback_feedback_link", args=[order.pk])


def rows_of(response):
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


def test_the_list_shows_rating_reply_and_visibility(desk):
    given(rating=2, comment="Too late")
    given(answered=True, private=True)

    page = desk.get(reverse(LIST)).content.decode()

    for words in ("★★☆☆☆", "2 of 5", "Too late", "Waiting", "After 5 h", "Private", "Public"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"reply": "waiting"}, 2),
        ({"reply": "given"}, 1),
        ({"rating__exact": "2"}, 1),
        ({"is_public__exact": "0"}, 1),
        ({"given_from": "2025-02-01", "given_to": "2025-02-01"}, 3),
        ({"given_to": "2025-01-31"}, 0),
        ({"q": "Too late"}, 1),
    ],
)
def test_the_list_is_filtered(desk, query, found):
    given(rating=2, comment="Too late")
    given(answered=True, private=True)
    given()

    assert desk.get(reverse(LIST), query).context["cl"].result_count == found


def test_the_switch_and_the_reply_are_in_the_history_with_their_names(desk):
    feedback = given(rating=4)

    desk.post(page_of(feedback), {"response_text": "Thank you!"})

    feedback.refresh_from_db()
    page = desk.get(page_of(feedback)).content.decode()
    assert (feedback.response_text, feedback.is_public) == ("Thank you!", False)
    assert feedback.is_answered
    for words in ("asha", "Public: yes → no", "Reply: nothing → Thank you!", "Given: 4 of 5"):
        assert words in page


def test_saving_what_was_not_changed_changes_nothing(desk):
    feedback = given(answered=True)

    desk.post(page_of(feedback), {"response_text": feedback.response_text, "is_public": "on"})

    updated, feedback_before = feedback.updated_at, feedback.responded_at
    feedback.refresh_from_db()
    assert (feedback.updated_at, feedback.responded_at) == (updated, feedback_before)


def test_many_are_shown_or_hidden_at_once(desk):
    public, private = given(), given(private=True)
    chosen = {"_selected_action": [public.pk, private.pk]}

    hidden = desk.post(reverse(LIST), chosen | {"action": "hide"}, follow=True).content.decode()
    public.refresh_from_db()
    page = desk.get(page_of(public)).content.decode()
    desk.post(reverse(LIST), chosen | {"action": "show_publicly"})
    private.refresh_from_db()

    assert "1 made private." in hidden
    assert (public.is_public, private.is_public) == (False, True)
    assert "Public: yes → no" in page


def test_the_export_has_what_the_list_shows_and_no_formulas(desk):
    given(rating=1, comment="=1+1")
    given(rating=5, answered=True)

    lines = rows_of(desk.get("/admin/feedback/feedback/export.csv?rating__exact=1"))

    assert lines[0].startswith("Order,Customer,Customer id,Given,Rating")
    assert len(lines) == 2
    assert ",'=1+1," in lines[1]


def test_the_export_as_a_workbook_has_numbers_and_dates(desk):
    given(rating=5, answered=True)

    response = desk.get("/admin/feedback/feedback/export.xlsx")

    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    header, row = [[cell.value for cell in line] for line in sheet.iter_rows()]
    told = dict(zip(header, row, strict=True))
    assert sheet.title == "Feedback"
    assert (told["Rating"], told["Hours to reply"], told["Reply"]) == (5, 5, "Thank you!")
    assert isinstance(told["Given"], datetime)


def test_an_export_of_another_kind_is_not_there(desk):
    assert desk.get("/admin/feedback/feedback/export.pdf").status_code == 404


def test_figures_count_the_days_of_the_range(db):
    for days, rating in ((0, 5), (6, 4), (7, 1)):
        given(created_at=NOW - timedelta(days=days), rating=rating)

    figures = read_figures(days=7, now=NOW)

    assert figures.stars == {5: 1, 4: 1, 3: 0, 2: 0, 1: 0}
    assert (figures.total.number, figures.total.average) == (2, "4.50")
    assert {day.day: rated.number for day, rated in figures.days.items()} == {22: 1, 16: 1}
    assert figures.waiting == 3


def test_the_reply_time_is_the_one_in_the_middle(db):
    for hours in (1, 2, 900):
        replied = {"response_text": "Thanks", "responded_at": NOW + timedelta(hours=hours)}
        given(created_at=NOW, **replied)

    figures = read_figures(days=7, now=NOW)

    assert figures.median_reply == timedelta(hours=2)
    assert figures.slowest_reply == timedelta(hours=900)
    assert figures.answered == 3


def test_nothing_given_means_no_figures_rather_than_zeros(db):
    figures = read_figures(days=7, now=NOW)

    assert (figures.total.average, figures.median_reply) == (None, None)


def test_each_number_of_the_figures_leads_to_what_it_counts(desk):
    now = datetime.now(UTC)
    for rating in (5, 5, 2):
        given(created_at=now, rating=rating)
    given(created_at=now - timedelta(days=400), rating=5)

    page = desk.get(FIGURES, {"range": "year"}).content.decode()

    links = re.findall(
        r'href="([^"]+)">([^<]+)</a></th><td class="br-right" data-number="(\d+)"', page
    )
    counts = {label: int(number) for _, label, number in links}
    assert counts["5 stars"] == 2
    assert counts["Together"] == 3
    for url, label, number in links:
        listed = desk.get(url.replace("&amp;", "&")).context["cl"].result_count
        assert listed == int(number), label


def test_pictures_and_tables_have_the_same_numbers(desk):
    given(created_at=datetime.now(UTC), rating=3)

    page = desk.get(FIGURES).content.decode()

    data = re.search(r'<script id="charts" type="application/json">(.*?)</script>', page)[1]
    pictures = {picture["id"]: picture for picture in json.loads(data)}
    assert pictures["ratings-number"]["values"] == [0, 0, 1, 0, 0]
    assert sum(pictures["trend-number"]["values"]) == 1
    assert [value for value in pictures["trend-average"]["values"] if value is not None] == [3.0]
    assert set(pictures) == set(re.findall(r'data-chart="([^"]+)"', page))


def test_the_page_of_an_order_makes_a_link_and_shows_its_state(desk):
    order = OrderFactory(completed=True)
    before = desk.get(order_page(order)).content.decode()

    answer = desk.post(link_url(order), {"issue": "1"}, **JSON)

    address = answer.json()["address"]
    after = desk.get(order_page(order)).content.decode()
    assert "No link has been made yet." in before
    assert "Make a link and copy it" in before
    assert re.fullmatch(r"http://testserver/feedback/[0-9a-f]{64}", address)
    assert answer["Cache-Control"].startswith("max-age=0, no-cache")
    assert "Live" in after
    assert "Copy the link" in after
    assert address.rpartition("/")[2] not in after


def test_copying_twice_gives_the_same_live_link(desk):
    order = OrderFactory(completed=True)

    addresses = {desk.post(link_url(order), **JSON).json()["address"] for _ in range(2)}

    assert len(addresses) == 1
    assert FeedbackToken.objects.count() == 1


def test_without_a_script_the_link_stands_on_a_page_of_its_own(desk):
    order = OrderFactory(completed=True)

    page = desk.post(link_url(order), {"issue": "1"}).content.decode()

    assert re.search(r'value="http://testserver/feedback/[0-9a-f]{64}" readonly', page)


def test_a_link_is_revoked(desk):
    order = OrderFactory(completed=True)
    desk.post(link_url(order), **JSON)

    page = desk.post(link_url(order), {"revoke": "1"}, follow=True).content.decode()
    again = desk.post(link_url(order), {"revoke": "1"}, follow=True).content.decode()

    assert "The link is revoked" in page
    assert ">Revoked<" in page
    assert "There was no open link." in again


@pytest.mark.parametrize("trait", ["used", "revoked", "expired"])
def test_the_panel_shows_what_became_of_a_link(desk, trait):
    link = FeedbackTokenFactory(**{trait: True})

    assert f">{trait.capitalize()}<" in desk.get(order_page(link.order)).content.decode()


def test_an_order_that_is_not_completed_gets_no_link(desk):
    order = OrderFactory()

    page = desk.get(order_page(order)).content.decode()
    as_json = desk.post(link_url(order), **JSON)
    as_page = desk.post(link_url(order), follow=True).content.decode()

    sentence = "Feedback tokens can only be generated for completed orders"
    assert "once the order is completed" in page
    assert 'name="issue"' not in page
    assert (as_json.status_code, as_json.json()["message"]) == (409, sentence)
    assert sentence in as_page


def test_an_order_with_feedback_leads_to_it(desk):
    feedback = given()

    page = desk.get(order_page(feedback.order)).content.decode()

    assert page_of(feedback) in page
    assert 'name="issue"' not in page


def test_viewers_see_the_state_and_get_no_link(client, db):
    client.force_login(UserFactory(viewer=True, staff=True))
    order = OrderFactory(completed=True)
    issue_token(order_id=order.pk, now=datetime.now(UTC))

    page = client.get(order_page(order)).content.decode()

    assert ">Live<" in page
    assert 'name="issue"' not in page
    assert client.post(link_url(order), **JSON).status_code == 403


def test_looking_at_a_link_is_not_asking_for_one(desk):
    order = OrderFactory(completed=True)

    assert desk.get(link_url(order)).status_code == 405
    assert not FeedbackToken.objects.exists()


def test_an_order_that_is_not_there_has_no_link(desk):
    assert desk.post("/admin/feedback/feedback/link/999999", **JSON).status_code == 409

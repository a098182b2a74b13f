"""The page behind a link: looking is free, sending happens once, every link says what it is."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from django_redis import get_redis_connection

from apps.feedback.models import Feedback, FeedbackToken
from apps.feedback.services.issue_token import issue_token
from apps.feedback.services.revoke_links import revoke_links
from config.env import BASE_DIR
from tests.factories.catalog import ItemFactory
from tests.factories.feedback import FeedbackFactory, FeedbackTokenFactory
from tests.factories.orders import OrderFactory
from tests.feedback.world import fill_in, stamp_on
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db

USED = "Thank you, we have your feedback"
EXPIRED = "This link no longer works"


@pytest.fixture
def link(db):
    return FeedbackTokenFactory()


@pytest.fixture
def address(link):
    return f"/feedback/{link.secret}"


@pytest.fixture(autouse=True)
def no_earlier_calls():
    get_redis_connection("default").flushdb()


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_greets_by_name_and_tells_the_order(client):
    shirt = ItemFactory(name="Linen shirt")
    lines = [(shirt, 2), (ItemFactory(), 1), (ItemFactory(), 1)]
    order = OrderFactory(completed=True, customer_name="Mira", lines=lines)
    link = FeedbackTokenFactory(order=order)

    page = text_of(client.get(f"/feedback/{link.secret}"))

    assert "How did you like it, Mira ?" in page
    assert f"Your order {order.code} : Linen shirt and 2 more items" in page


def test_what_is_sent_is_kept_and_thanked_for_at_an_address_without_the_secret(
    client, link, address
):
    response = fill_in(
        client, address, rating="4", productQuality="3", comment="Nice\r\n\r\ncolours"
    )

    assert (response.status_code, response["Location"]) == (303, "/feedback/thanks")
    feedback = Feedback.objects.get(order=link.order)
    assert (feedback.rating, feedback.product_quality, feedback.delivery_experience) == (4, 3, None)
    assert feedback.comment == "Nice\n\ncolours"
    assert feedback.is_public is False
    assert "Thank you!" in text_of(client.get(response["Location"]))


def test_a_hundred_looks_of_a_mail_scanner_leave_the_link_alive(client, address):
    statuses = {client.get(address).status_code for _ in range(99)}
    statuses.add(client.head(address).status_code)

    assert statuses == {200}
    assert fill_in(client, address).status_code == 303
    assert Feedback.objects.count() == 1


def test_a_link_of_the_older_form_leads_to_the_page(client, link, address):
    response = client.get(f"/feedback/?token={link.secret}")

    assert (response.status_code, response["Location"]) == (302, address)
    assert response["Referrer-Policy"] == "no-referrer"
    assert client.get("/feedback").status_code == 410


def test_a_name_of_another_script_stays_in_one_piece(client):
    order = OrderFactory(completed=True, customer_name='مي <b> & "Co"')
    link = FeedbackTokenFactory(order=order)

    page = client.get(f"/feedback/{link.secret}").content.decode()

    assert "How did you like it, <bdi>مي &lt;b&gt; &amp; &quot;Co&quot;</bdi>?" in page


# Each link says what it is


def test_an_unknown_link_looks_like_one_that_has_expired(client):
    expired = client.get(f"/feedback/{FeedbackTokenFactory(expired=True).secret}")

    for unknown in ("0" * 64, "x", "thanks-", "%F0%9F%A7%B5"):
        page = client.get(f"/feedback/{unknown}")
        assert (page.status_code, page.content) == (410, expired.content)
        assert client.post(f"/feedback/{unknown}", {"rating": "5"}).content == expired.content
    assert EXPIRED in text_of(expired)


def test_a_used_link_thanks(client, address):
    fill_in(client, address)

    page = client.get(address)

    assert page.status_code == 410
    assert USED in text_of(page)


def test_a_link_of_an_order_that_staff_have_written_for_thanks(client, link, address):
    FeedbackFactory(order=link.order)

    assert USED in text_of(client.get(address))


def test_a_replaced_link_says_so(client, link, address):
    revoke_links(order_id=link.order.pk, now=timezone.now())

    page = client.get(address)

    assert page.status_code == 410
    assert "There is a newer link for you" in text_of(page)


def test_a_link_of_an_order_that_is_under_way_asks_to_come_back(client, link, address):
    link.order.status = "processing"
    link.order.save()

    page = client.get(address)
    sent = client.post(address, {"rating": "5"})

    assert (page.status_code, sent.status_code) == (200, 409)
    assert "is not completed yet" in text_of(page)
    assert not Feedback.objects.exists()


def test_a_double_tap_is_thanked_twice_and_kept_once(client, address):
    stamp = stamp_on(client.get(address))
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        answers = [client.post(address, {"rating": "5", "stamp": stamp}) for _ in "12"]

    assert [answer.status_code for answer in answers] == [303, 409]
    assert USED in text_of(answers[1])
    assert Feedback.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_hundred_taps_at_once_keep_one_feedback(client):
    order = OrderFactory(completed=True)
    token = issue_token(order_id=order.pk, now=timezone.now()).token
    stamp = stamp_on(client.get(f"/feedback/{token}"))

    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        answers = at_once(
            200,
            lambda _: type(client)().post(f"/feedback/{token}", {"rating": "5", "stamp": stamp}),
        )

    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(303), statuses.count(409)) == (1, 199)
    assert all(USED in text_of(answer) for answer in answers if answer.status_code == 409)
    assert Feedback.objects.count() == 1
    assert not FeedbackToken.objects.open().exists()


# What is wrong is said, and nothing that was entered is lost


def test_a_form_without_stars_comes_back_with_its_draft(client, address):
    page = fill_in(client, address, rating="", productQuality="4", comment="I liked <it> & more")

    assert page.status_code == 422
    assert "Please choose from 1 to 5 stars." in text_of(page)
    html = page.content.decode()
    assert "I liked &lt;it&gt; &amp; more</textarea>" in html
    assert re.search(r'name="productQuality" value="4" checked', html)
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("length", "sentence"),
    [(1001, "is 1 character too long"), (1012, "is 12 characters too long")],
)
def test_a_comment_that_is_too_long_comes_back_whole(client, address, length, sentence):
    page = fill_in(client, address, comment="x" * length)

    assert page.status_code == 422
    assert sentence in text_of(page)
    assert "x" * length in page.content.decode()


def test_a_line_break_counts_as_one_character(client, address):
    assert fill_in(client, address, comment="\r\n".join("x" * 500)[:1499]).status_code == 303


def test_a_form_that_was_refused_can_be_sent_again_at_once(client, address):
    page = fill_in(client, address, rating="")

    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        again = client.post(address, {"rating": "3", "stamp": stamp_on(page)})

    assert again.status_code == 303


# How the page travels


@pytest.mark.parametrize("path", ["{link}", "/feedback/thanks", "/feedback/unknown", "/feedback"])
def test_every_page_is_private_and_has_no_inline_script(client, address, path):
    page = client.get(path.format(link=address))

    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert not page.cookies
    html = page.content.decode()
    assert '<meta name="robots" content="noindex, nofollow">' in html
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", html)


def test_what_a_page_needs_weighs_less_than_30_kb(client, address):
    page = client.get(f"{address}?lang=ar")

    paths = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page.content.decode()))
    files = [BASE_DIR / "static" / path for path in paths]
    weight = len(page.content) + sum(file.stat().st_size for file in files)

    assert len(paths) == 3
    assert weight < 30_000


def test_other_methods_are_refused(client, address):
    assert client.put(address).status_code == 405
    assert client.post("/feedback/thanks").status_code == 405


# Programs stay outside, people never do


def test_a_thousand_posts_of_programs_leave_nothing(client, link, address, settings):
    settings.FEEDBACK_LIMIT_PER_LINK = settings.FEEDBACK_LIMIT_OF_MISSES = (2_000, 60)
    stamp = stamp_on(client.get(address))
    other = stamp_on(client.get(f"/feedback/{FeedbackTokenFactory().secret}"))
    full = {"rating": "5", "comment": "Buy now", "stamp": stamp}
    later = {**full, "topic": "Buy now"}
    tricks = [
        (address, full),  # at once
        (address, {"rating": "5"}),  # without the page
        (address, {**full, "stamp": "1"}),
        (address, {**full, "stamp": other}),  # of another link's page
        (f"/feedback/{'a' * 64}", full),
    ]

    with time_machine.travel(timezone.now(), tick=False):
        statuses = {client.post(*tricks[number % 5]).status_code for number in range(900)}
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        statuses |= {client.post(address, later).status_code for _ in range(100)}

    assert statuses == {410, 422}
    assert not Feedback.objects.exists()
    assert fill_in(client, address).status_code == 303


def test_programs_are_slowed_down_link_by_link(client, link, address, settings):
    settings.FEEDBACK_LIMIT_PER_LINK = (3, 600)

    statuses = [client.post(address, {"rating": "5"}).status_code for _ in range(5)]

    assert statuses == [422, 422, 422, 429, 429]
    refused = client.post(address, {"rating": "5"})
    assert "Please try again in" in text_of(refused)
    assert 0 < int(refused["Retry-After"]) <= 600
    # What can be kept is kept, also of the person whose link the programs have got hold of.
    assert fill_in(client, address).status_code == 303


def test_who_guesses_links_blocks_nobody_who_has_one(client, address, settings):
    settings.FEEDBACK_LIMIT_OF_MISSES = (3, 600)

    guesses = [client.get(f"/feedback/{number:064x}").status_code for number in range(5)]

    assert guesses == [410, 410, 410, 429, 429]
    assert fill_in(client, address).status_code == 303


def test_a_person_whose_browser_filled_the_trap_just_sends_again(client, address):
    page = fill_in(client, address, topic="Mira", comment="Lovely")

    assert page.status_code == 422
    assert "Lovely</textarea>" in page.content.decode()
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        again = client.post(address, {"rating": "5", "stamp": stamp_on(page), "topic": ""})
    assert again.status_code == 303


def test_a_page_that_was_open_for_days_still_works(client, address):
    stamp = stamp_on(client.get(address))

    with time_machine.travel(timezone.now() + timedelta(days=20)):
        assert client.post(address, {"rating": "5", "stamp": stamp}).status_code == 303


# Languages


@pytest.mark.parametrize(
    ("header", "query", "language", "direction", "words"),
    [
        ("de-DE,de;q=0.9", "", "de", "ltr", "Wie war es insgesamt?"),
        ("ar", "", "ar", "rtl", "ما تقييمك العام؟"),
        ("fr", "", "en", "ltr", "How was it overall?"),
        ("", "", "en", "ltr", "How was it overall?"),
        ("ar", "?lang=de", "de", "ltr", "Wie war es insgesamt?"),
        ("de", "?lang=xx", "de", "ltr", "Wie war es insgesamt?"),
    ],
)
def test_the_page_speaks_its_readers_language(
    client, address, header, query, language, direction, words
):
    page = client.get(f"{address}{query}", headers={"Accept-Language": header})

    assert f'<html lang="{language}" dir="{direction}">' in page.content.decode()
    assert page["Content-Language"] == language
    assert words in text_of(page)


def test_a_chosen_language_stays_to_the_end(client, address):
    response = fill_in(client, f"{address}?lang=de")

    assert response["Location"] == reverse("feedback:thanks") + "?lang=de"
    assert "Vielen Dank!" in text_of(client.get(response["Location"]))

"""The secret links: one that lives, nothing in clear, burnt together."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.feedback.models import Feedback, FeedbackToken
from apps.feedback.refusals import AlreadyGiven, LinkInvalid
from apps.feedback.services.find_link import find_live_link
from apps.feedback.services.issue_token import issue_token
from apps.feedback.services.revoke_links import revoke_links
from apps.feedback.services.submit_feedback import submit_feedback
from apps.feedback.status import LinkState
from tests.factories.feedback import FeedbackFactory, FeedbackTokenFactory
from tests.factories.orders import OrderFactory
from tests.security.world import dump, found_in
from tests.support.at_once import at_once

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANSWER = {"rating": 5, "comment": "Lovely"}


@pytest.fixture
def order(db):
    return OrderFactory(completed=True)


def test_the_database_cannot_tell_a_link(order):
    token = issue_token(order_id=order.pk, now=NOON).token

    leaks = [table for table, text in dump().items() if found_in(text, {"token": token})]

    assert leaks == []


def test_a_link_can_be_shown_again_under_a_new_first_key(order, settings):
    token = issue_token(order_id=order.pk, now=NOON).token

    settings.FIELD_ENCRYPTION_KEYS = ["a new key " * 5, *settings.FIELD_ENCRYPTION_KEYS]

    assert issue_token(order_id=order.pk, now=NOON).token == token


def test_a_link_whose_key_is_gone_works_until_another_is_issued(order, settings):
    former = issue_token(order_id=order.pk, now=NOON).token
    settings.FIELD_ENCRYPTION_KEYS = ["a new key " * 5]
    assert find_live_link(former, now=NOON).order == order

    token = issue_token(order_id=order.pk, now=NOON).token

    assert find_live_link(token, now=NOON).order == order
    with pytest.raises(LinkInvalid):
        find_live_link(former, now=NOON)


@pytest.mark.parametrize(("days", "expected"), [(14, 30), (16, 46), (29, 59)])
def test_a_link_that_is_shown_late_gets_all_of_its_time_again(order, days, expected):
    first = issue_token(order_id=order.pk, now=NOON)

    again = issue_token(order_id=order.pk, now=NOON + timedelta(days=days))

    assert again.token == first.token
    assert again.expires_at == NOON + timedelta(days=expected)
    assert FeedbackToken.objects.get().expires_at == again.expires_at


def test_a_link_lives_until_the_moment_of_its_expiry(order):
    issued = issue_token(order_id=order.pk, now=NOON)
    last = issued.expires_at - timedelta(microseconds=1)

    assert find_live_link(issued.token, now=last).order == order
    with pytest.raises(LinkInvalid):
        find_live_link(issued.token, now=issued.expires_at)


def test_a_revoked_link_is_followed_by_another(order):
    first = issue_token(order_id=order.pk, now=NOON)

    assert revoke_links(order_id=order.pk, now=NOON) == 1

    with pytest.raises(LinkInvalid):
        find_live_link(first.token, now=NOON)
    assert issue_token(order_id=order.pk, now=NOON).token != first.token
    assert revoke_links(order_id=OrderFactory().pk, now=NOON) == 0


def test_a_submit_burns_every_link_of_the_order_and_no_other(order):
    expired = FeedbackTokenFactory(order=order, expired=True)
    FeedbackToken.objects.filter(pk=expired.pk).update(revoked_at=NOON)
    token = issue_token(order_id=order.pk, now=NOON).token
    other = issue_token(order_id=OrderFactory(completed=True).pk, now=NOON).token

    submit_feedback(token=token, sent=ANSWER, now=NOON)

    states = {link.state_at(NOON) for link in FeedbackToken.objects.filter(order=order)}
    assert states == {LinkState.USED, LinkState.REVOKED}
    assert find_live_link(other, now=NOON)


@pytest.mark.django_db(transaction=True)
def test_parallel_calls_make_one_live_link():
    order = OrderFactory(completed=True)

    issued = at_once(20, lambda _: issue_token(order_id=order.pk, now=NOON))

    assert len({each.token for each in issued}) == 1
    assert len({each.expires_at for each in issued}) == 1
    assert FeedbackToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_hundred_submits_of_one_link_keep_one_feedback():
    order = OrderFactory(completed=True)
    token = issue_token(order_id=order.pk, now=NOON).token

    outcomes = at_once(200, lambda number: submit_feedback(token=token, sent=ANSWER, now=NOON).pk)

    won = [each for each in outcomes if isinstance(each, int)]
    lost = [each for each in outcomes if isinstance(each, AlreadyGiven | LinkInvalid)]
    assert (len(won), len(lost)) == (1, 199), outcomes
    assert Feedback.objects.get().pk == won[0]
    assert not FeedbackToken.objects.live_at(NOON).exists()


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_keeps_one_feedback_and_one_open_link():
    """Whoever forgets the lock meets the constraint, not a second row."""
    order = FeedbackFactory().order
    FeedbackTokenFactory(order=order)

    for make in (FeedbackFactory, FeedbackTokenFactory):
        with pytest.raises(IntegrityError), transaction.atomic():
            make(order=order)

import pytest
from django.utils import timezone

from apps.feedback.models import Feedback, FeedbackToken, ReplyTemplate
from demo import feedback as demo
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory


@pytest.mark.django_db
def test_some_completed_orders_are_rated_once_and_most_are_answered():
    operator = UserFactory(operator=True)
    completed = {OrderFactory(lines=[], completed=True).pk for _ in range(40)}
    OrderFactory(lines=[])

    demo.load_feedback(operator)
    demo.load_feedback(operator)

    given = Feedback.objects.all()
    assert set(given.values_list("order_id", flat=True)) < completed
    assert 10 < given.count() < 40
    assert 0 < given.unanswered().count() < given.count() / 2
    assert not given.filter(created_at__gt=timezone.now()).exists()
    assert not given.filter(response_text__contains="{").exists()
    assert ReplyTemplate.objects.count() == len(demo.TEMPLATES)


@pytest.mark.django_db
def test_the_link_on_the_card_works_and_stays(client):
    OrderFactory(completed=True)

    first, again = (demo.live_link("http://127.0.0.1:8000") for _ in "12")

    assert first == again
    assert client.get(first.removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert FeedbackToken.objects.count() == 1


@pytest.mark.django_db
def test_without_orders_there_is_no_link():
    assert demo.live_link("http://127.0.0.1:8000") == ""

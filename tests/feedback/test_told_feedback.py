"""Staff write down what a customer has told them: the same rules as over the API."""

import pytest
from django.urls import reverse

from apps.feedback.models import Feedback
from apps.feedback.services.find_link import find_link
from apps.feedback.status import LinkState
from tests.factories.accounts import UserFactory
from tests.factories.feedback import FeedbackFactory, FeedbackTokenFactory
from tests.factories.orders import OrderFactory

ADD = "/admin/feedback/feedback/add/"
NOT_OFFERED = "This order is not completed, or has feedback already."


@pytest.fixture
def desk(client, db):
    client.force_login(UserFactory(operator=True, staff=True, username="asha"))
    return client


@pytest.fixture
def order(db):
    return OrderFactory(completed=True, customer_name="Mira Okonkwo")


def write_down(desk, order, **answer):
    form = {"rating": "4", "product_quality": "", "delivery_experience": "", "comment": ""}
    return desk.post(ADD, form | {"order": order.pk} | answer)


def test_what_was_told_is_kept_with_the_name_of_who_wrote_it(desk, order):
    response = write_down(
        desk, order, product_quality="5", comment="Nice\r\ncolours", is_public="on"
    )

    assert response.status_code == 302
    feedback = Feedback.objects.get()
    assert (feedback.order, feedback.rating, feedback.comment) == (order, 4, "Nice\ncolours")
    assert (feedback.product_quality, feedback.delivery_experience) == (5, None)
    assert feedback.is_public
    page = desk.get(reverse("admin:feedback_feedback_change", args=[feedback.pk]))
    told = [(each.by, each.sentences) for each in page.context["chapters"]]
    assert told == [("asha", ["Given: 4 of 5"])]


def test_it_may_stay_private_and_touches_no_link(desk, order):
    link = FeedbackTokenFactory(order=order)

    write_down(desk, order)

    assert Feedback.objects.get().is_public is False
    assert find_link(link.secret).state_at(link.created_at) == LinkState.LIVE


@pytest.mark.parametrize("why", ["open", "given"])
def test_an_order_that_can_have_none_is_refused_in_a_sentence(desk, order, why):
    if why == "open":
        order.status = "processing"
        order.save()
    else:
        FeedbackFactory(order=order)
    before = Feedback.objects.count()

    response = write_down(desk, order)

    assert response.status_code == 200
    assert NOT_OFFERED in response.content.decode()
    assert Feedback.objects.count() == before


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"rating": ""}, "This field is required."),
        ({"rating": "6"}, "Select a valid choice."),
        ({"comment": "x" * 1001}, "Comment cannot exceed 1000 characters"),
    ],
)
def test_what_is_not_acceptable_is_said(desk, order, answer, sentence):
    response = write_down(desk, order, **answer)

    assert sentence in response.content.decode()
    assert not Feedback.objects.exists()


def test_only_orders_that_can_have_feedback_are_offered(desk, order):
    OrderFactory(status="processing", customer_name="Mira Okonkwo")
    FeedbackFactory(order=OrderFactory(completed=True, customer_name="Mira Okonkwo"))
    asked = {"app_label": "feedback", "model_name": "feedback", "field_name": "order"}

    offered = desk.get("/admin/feedback/feedback/orders", asked | {"term": "okonkwo"}).json()

    assert offered["results"] == [{"id": str(order.pk), "text": f"{order.code}, Mira Okonkwo"}]
    assert 'data-ajax--url="/admin/feedback/feedback/orders"' in desk.get(ADD).content.decode()


def test_the_page_of_an_order_leads_to_it_with_the_order_filled_in(desk, order):
    page = desk.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()

    address = f"{ADD}?order={order.pk}"
    assert f'href="{address}"' in page
    assert f'<option value="{order.pk}" selected>' in desk.get(address).content.decode()


def test_a_customer_who_is_faster_is_not_overwritten(desk, order, monkeypatch):
    """The order is free when the form is judged, and has feedback when it is stored."""
    import apps.feedback.admin.told_form as told_form

    create = told_form.create_feedback

    def be_second(**asked):
        FeedbackFactory(order=order, rating=1)
        return create(**asked)

    monkeypatch.setattr(told_form, "create_feedback", be_second)

    response = desk.get(write_down(desk, order)["Location"])

    assert "Feedback already exists for this order" in response.content.decode()


def test_viewers_write_nothing_down(client, order):
    client.force_login(UserFactory(staff=True))

    assert write_down(client, order).status_code == 403
    page = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert ADD not in page

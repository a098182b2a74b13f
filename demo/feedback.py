"""What the demo's customers have said, and what the shop has answered: through the services."""

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.orders.models import Order

ORDERS = 300  # the latest ones
SHARE = 0.6
STARS = {5: 46, 4: 30, 3: 12, 2: 7, 1: 5}
WORDS = {
    5: ("Lovely, exactly as in the picture.", "The linen is wonderful.", "", "Will order again!"),
    4: ("Good quality, a little late.", "Nice colour.", "", "The parcel was slightly crushed."),
    3: ("Smaller than I thought.", "", "Fine, but the buttons are loose."),
    2: ("Too late for the birthday.", "The colour is not the one I chose."),
    1: ("It never got a tracking number, and nobody wrote.", "Torn at the seam."),
}
TEMPLATES = {
    "Thanks": "Dear {firstName}, thank you for your {rating} stars! We hope to see you again.",
    "Sorry, late": "Dear {firstName}, we are sorry that {order} came late. Next time is on us.",
    "Sorry, faulty": "Dear {firstName}, we are sorry. Send {order} back free of charge.",
}


def load_feedback(operator: "User") -> None:
    """Have some of the completed orders rated, unless there is feedback already."""
    from apps.feedback.models import Feedback, ReplyTemplate
    from apps.orders.models import Order

    for name, text in TEMPLATES.items():
        ReplyTemplate.objects.get_or_create(name=name, defaults={"text": text})
    if Feedback.objects.exists():
        return
    random = Random(11)
    for order in Order.objects.filter(status="completed").newest_first()[:ORDERS]:
        if random.random() < SHARE:
            _rate(random, operator, order)


def _rate(random: Random, operator: "User", order: "Order") -> None:
    from apps.feedback.models import Feedback
    from apps.feedback.replies import fill_in
    from apps.feedback.services.create_feedback import create_feedback
    from apps.feedback.services.update_feedback import update_feedback

    rating = random.choices(list(STARS), list(STARS.values()))[0]
    sent = {
        "orderId": order.pk,
        "rating": rating,
        "comment": random.choice(WORDS[rating]),
        "productQuality": random.choice((0, rating, min(5, rating + 1))),
        "deliveryExperience": random.choice((0, rating, max(1, rating - 1))),
        "isPublic": rating > 2,
    }
    moment = order.created_at + timedelta(days=16 + 4 * random.random())
    now = min(moment, timezone.now() - timedelta(hours=1 + random.random()))
    feedback = create_feedback(sent=sent, by=operator, now=now)
    replied = now + timedelta(hours=2 + 40 * random.random() ** 2)
    if random.random() < 0.8 and replied < timezone.now():
        feedback = Feedback.objects.select_related("order").get(pk=feedback.pk)
        text = fill_in(TEMPLATES["Thanks" if rating > 2 else "Sorry, late"], feedback)
        reply = {"responseText": text}
        update_feedback(feedback_id=feedback.pk, sent=reply, by=operator, now=replied)


def live_link(base: str) -> str:
    """Return the address of a link that waits for its customer, the same one each time."""
    from apps.feedback.links import link_address
    from apps.feedback.services.issue_token import issue_token
    from apps.orders.models import Order

    waiting = Order.objects.filter(status="completed", feedback=None).newest_first().first()
    if waiting is None:
        return ""
    return link_address(issue_token(order_id=waiting.pk, now=timezone.now()).token, base)

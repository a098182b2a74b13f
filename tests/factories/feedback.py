from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.core.tokens import digest
from apps.feedback.models import CustomerMail, Feedback, FeedbackToken, ReplyTemplate
from apps.feedback.secret_links import new_secret
from apps.feedback.status import MailKind, MailState
from tests.factories.orders import OrderFactory


class FeedbackFactory(DjangoModelFactory[Feedback]):
    """A public five stars for a completed order; `answered` and `private` are traits."""

    class Meta:
        model = Feedback

    class Params:
        private = factory.Trait(is_public=False)
        answered = factory.Trait(
            response_text="Thank you!",
            responded_at=factory.LazyAttribute(lambda row: row.created_at + timedelta(hours=5)),
        )

    order = factory.SubFactory(OrderFactory, completed=True)
    rating = 5
    comment = "Lovely"
    # Far enough from each other that a list's order is the order of making.
    created_at = factory.Sequence(lambda number: _START + timedelta(seconds=number))
    updated_at = factory.SelfAttribute("created_at")


class FeedbackTokenFactory(DjangoModelFactory[FeedbackToken]):
    """A live link; its secret is its `secret`. `used`, `revoked` and `expired` are traits."""

    class Meta:
        model = FeedbackToken

    class Params:
        used = factory.Trait(used_at=factory.LazyFunction(lambda: datetime.now(UTC)))
        revoked = factory.Trait(revoked_at=factory.LazyFunction(lambda: datetime.now(UTC)))
        expired = factory.Trait(
            created_at=factory.LazyFunction(lambda: datetime.now(UTC) - timedelta(days=31)),
        )

    order = factory.SubFactory(OrderFactory, completed=True)
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))
    expires_at = factory.LazyAttribute(lambda row: row.created_at + timedelta(days=30))

    @classmethod
    def _create(cls, model_class: type[FeedbackToken], *args: Any, **values: Any) -> Any:
        seed, secret = new_secret()
        link = super()._create(model_class, *args, seed=seed, digest=digest(secret), **values)
        link.secret = secret
        return link


class CustomerMailFactory(DjangoModelFactory[CustomerMail]):
    """An invitation that waits; `sent` and `reminder` are traits."""

    class Meta:
        model = CustomerMail

    class Params:
        reminder = factory.Trait(kind=MailKind.REMINDER)
        sent = factory.Trait(state=MailState.SENT, sent_at=factory.SelfAttribute("created_at"))

    order = factory.SubFactory(OrderFactory, completed=True, customer_id="mira@example.test")
    kind = MailKind.INVITATION
    email = factory.SelfAttribute("order.customer_id")
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))


class ReplyTemplateFactory(DjangoModelFactory[ReplyTemplate]):
    """A reply to begin from."""

    class Meta:
        model = ReplyTemplate

    name = factory.Sequence(lambda number: f"Template {number}")
    text = "Dear {firstName}, thank you for {rating} stars for {order}."


_START = datetime(2025, 2, 1, 8, 0, tzinfo=UTC)

"""The digest as a mail: text and HTML, with everything that customers wrote escaped."""

from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from apps.orders.digest.buckets import Bucket, buckets_of
from apps.orders.digest.calendar import business_zone
from apps.orders.models import Order

SUBJECT = "⏰ Daily Order Reminder - {} - Action Required"


@dataclass(frozen=True, slots=True)
class Letter:
    """One day's digest, the same for every recipient."""

    day: date
    counts: dict[str, int]
    named: dict[str, list[Order]]
    subject: str
    text: str
    html: str

    @property
    def is_empty(self) -> bool:
        """Return whether no order is due."""
        return not any(self.counts.values())

    def to(self, address: str, *, name: str, is_test: bool = False) -> EmailMultiAlternatives:
        """
        Return the mail to one address.

        :param name: what makes its Message-ID, so that a mail server knows a copy when it gets one
        """
        _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
        message_id = f"<digest.{self.day}.{name}@{sender.rpartition('@')[2]}>"
        mail = EmailMultiAlternatives(
            ("[Test] " if is_test else "") + self.subject,
            self.text,
            to=[address],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(self.html, "text/html")
        return mail


def write_letter(day: date) -> Letter:
    """Look at the orders as they are now, and write the digest of that day."""
    buckets = buckets_of(day)
    shown = [bucket for bucket in buckets if bucket.count or bucket.key != "overdue"]
    context = {
        "day": f"{day:%A, %d %B %Y}",
        "total": sum(bucket.count for bucket in buckets),
        "buckets": [_section(bucket) for bucket in shown],
        "zone": settings.BUSINESS_TIME_ZONE,
    }
    return Letter(
        day=day,
        counts={bucket.key: bucket.count for bucket in buckets},
        named={bucket.key: bucket.orders for bucket in buckets},
        subject=SUBJECT.format(day),
        text=render_to_string("mails/order_digest.txt", context),
        html=render_to_string("mails/order_digest.html", context),
    )


def _section(bucket: Bucket) -> dict[str, Any]:
    return {
        "key": bucket.key,
        "title": bucket.title,
        "count": bucket.count,
        "hidden": bucket.hidden,
        "lines": [_line(order) for order in bucket.orders],
    }


def _line(order: Order) -> dict[str, str]:
    due = order.expected_delivery_date
    path = reverse("admin:orders_order_change", args=[order.pk])
    return {
        "code": order.code,
        "url": settings.PUBLIC_URL + path if settings.PUBLIC_URL else "",
        # One line each: a name with line breaks must not look like another order.
        "customer": " ".join(order.customer_name.split()),
        "due": f"{due.astimezone(business_zone()):%d %b %Y, %I:%M %p %Z}" if due else "",
        "status": order.get_status_display(),
    }

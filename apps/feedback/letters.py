"""Mails to customers: text and HTML, with everything that people wrote escaped."""

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import EmailValidator
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.feedback.links import link_address, unsubscribe_address
from apps.feedback.models import CustomerMail
from apps.feedback.status import MailKind
from apps.orders.models import Order

_validate = EmailValidator()


def address_of(order: Order) -> str | None:
    """
    Return where the customer can be written to.

    Orders have no field for it: only where the customer id is an e-mail address is there one.
    """
    address = order.customer_id.strip()
    try:
        _validate(address)
    except ValidationError:
        return None
    return address


def write_letter(mail: CustomerMail, token: str, expires_at: datetime) -> EmailMultiAlternatives:
    """Return the mail that asks for feedback, with the link in it."""
    with translation.override(settings.FEEDBACK_MAIL_LANGUAGE):
        return _write(mail, token, expires_at)


def _write(mail: CustomerMail, token: str, expires_at: datetime) -> EmailMultiAlternatives:
    unsubscribe_url = unsubscribe_address(mail.email)
    subject = _subject(mail)
    # One line each: a name with line breaks must not look like a text of ours.
    name = " ".join(mail.order.customer_name.split())
    context = {
        "subject": subject,
        "name": name,
        "marked_name": format_html("<bdi>{}</bdi>", name),
        "code": mail.order.code,
        "shop": settings.SHOP_NAME,
        "is_reminder": mail.kind == MailKind.REMINDER,
        "url": link_address(token),
        "unsubscribe_url": unsubscribe_url,
        "until": date_format(expires_at, "DATE_FORMAT"),
        "language": settings.FEEDBACK_MAIL_LANGUAGE,
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
    }
    letter = EmailMultiAlternatives(
        subject,
        render_to_string("mails/feedback_request.txt", context),
        to=[mail.email],
        headers={
            "Message-ID": _message_id(mail),
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    letter.attach_alternative(render_to_string("mails/feedback_request.html", context), "text/html")
    return letter


def _subject(mail: CustomerMail) -> str:
    code = {"code": mail.order.code}
    if mail.kind == MailKind.REMINDER:
        return _("A reminder: how did you like your order %(code)s?") % code
    return _("How did you like your order %(code)s?") % code


def _message_id(mail: CustomerMail) -> str:
    """Return the same name for each try, so that a mail server knows a copy when it gets one."""
    _name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<feedback.{mail.order.code}.{mail.kind}@{sender.rpartition('@')[2]}>"

"""Mail on its way out: Django's SMTP backend, which checks addresses and tells what it knows."""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from apps.core.egress.failures import AddressDenied
from apps.core.egress.policy import EgressPolicy

LONGEST_REPLY = 200


class MailFailure(smtplib.SMTPException):
    """
    A mail was not sent, or nobody knows.

    `may_have_arrived` where the server took the text and its answer got lost: whoever sends
    again risks a second mail.
    """

    def __init__(self, sentence: str, *, may_have_arrived: bool = False) -> None:
        """Say it in a sentence for staff."""
        super().__init__(sentence)
        self.may_have_arrived = may_have_arrived


class NoMailBackend(BaseEmailBackend):
    """What stands in while nobody has said how mail leaves: it fails, and says what to do."""

    def open(self) -> None:
        """
        Fail.

        :raises MailFailure: always
        """
        raise MailFailure("No mail server is configured: set EMAIL_URL or SMTP_HOST.")

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """
        Fail if there is anything to send, unless that shall go unnoticed.

        :raises MailFailure: if there is
        """
        if email_messages and not self.fail_silently:
            self.open()
        return 0


class SmtpBackend(EmailBackend):
    """SMTP to the server of the settings; whatever goes wrong is a MailFailure."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return what checks each address at the moment of connecting."""
        return _CheckedTls if self.use_ssl else _Checked

    def open(self) -> bool | None:
        """
        Connect and log in.

        :raises MailFailure: if that fails
        """
        try:
            return super().open()
        except OSError as error:
            raise _failure(error) from None

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """
        Send the messages one by one.

        :raises MailFailure: at the first that is not accepted
        """
        try:
            return super().send_messages(email_messages)
        except OSError as error:
            raise _failure(error) from None

    def _close_connection(self, connection: smtplib.SMTP) -> None:
        # A mail that was accepted stays accepted, however the goodbye goes.
        with suppress(OSError):
            connection.quit()
        connection.close()


class _AnswerLost(smtplib.SMTPServerDisconnected):
    """The text may have left, and no answer to it came."""


class _Checked(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # Names and earlier look-ups prove nothing: what counts is the address we connect to.
        policy = EgressPolicy.from_settings()
        policy = replace(policy, allow_private=policy.allow_private or settings.SMTP_ALLOW_PRIVATE)
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, endpoint in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        ):
            try:
                return _connected(policy, family, kind, protocol, endpoint, timeout)
            except OSError as error:
                failure = error
        raise failure

    def data(self, msg: Any) -> tuple[int, bytes]:
        try:
            return super().data(msg)
        except smtplib.SMTPServerDisconnected as error:
            raise _AnswerLost(*error.args) from error


class _CheckedTls(smtplib.SMTP_SSL, _Checked):
    pass


def _connected(
    policy: EgressPolicy, family: int, kind: int, protocol: int, endpoint: Any, timeout: float
) -> socket.socket:
    if not policy.permits_address(str(endpoint[0])):
        raise AddressDenied
    opened = socket.socket(family, kind, protocol)
    try:
        opened.settimeout(timeout)
        opened.connect(endpoint)
    except OSError:
        opened.close()
        raise
    return opened


def _failure(error: OSError) -> MailFailure:
    match error:
        case MailFailure():
            return error
        case _AnswerLost():
            return MailFailure(
                "The mail server broke off before it had confirmed the mail.",
                may_have_arrived=True,
            )
        case AddressDenied():
            return MailFailure(
                "The mail server's address may not be called from here;"
                " SMTP_ALLOW_PRIVATE=true allows one in our own network."
            )
        case socket.gaierror():
            return MailFailure("The name of the mail server could not be resolved.")
        case ssl.SSLError():
            return MailFailure("The mail server's certificate could not be verified.")
        case smtplib.SMTPAuthenticationError():
            return MailFailure("The mail server refused our user name or password.")
        case smtplib.SMTPNotSupportedError():
            return MailFailure(f"The mail server cannot do what we need: {error}")
        case smtplib.SMTPRecipientsRefused():
            code, reply = next(iter(error.recipients.values()))
            return MailFailure(f"The mail server refused the address: {code} {_text(reply)}")
        case smtplib.SMTPResponseException():
            answer = f"{error.smtp_code} {_text(error.smtp_error)}"
            return MailFailure(f"The mail server refused the mail: {answer}")
        case smtplib.SMTPServerDisconnected():
            return MailFailure("The mail server broke off.")
        case _:
            return MailFailure("The mail server did not take the connection.")


def _text(reply: bytes | str) -> str:
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:LONGEST_REPLY]

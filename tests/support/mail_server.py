"""A mail server of our own: it takes mails, refuses some, breaks off, or never answers."""

import socketserver
import threading
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer:
    """
    Listens on loopback while used as `with MailServer() as server`.

    `refused` addresses are answered with 550. `breaks_after_text` takes the text of a mail to
    such an address and hangs up without an answer; `hangs_on` never answers it at all.
    """

    def __init__(
        self,
        *,
        refused: tuple[str, ...] = (),
        breaks_after_text: tuple[str, ...] = (),
        hangs_on: tuple[str, ...] = (),
    ) -> None:
        self.refused = set(refused)
        self.breaks_after_text = set(breaks_after_text)
        self.hangs_on = set(hangs_on)
        self.mails: list[EmailMessage] = []
        self.texts_taken = threading.Event()  # the text of a mail that hangs has been taken
        self.connections = 0
        self.ended = threading.Event()

    def __enter__(self) -> "MailServer":
        owner = self

        class Conversation(_Conversation):
            server_of_test = owner

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, settings: object) -> None:
        """Have Django send its mail here."""
        settings.EMAIL_BACKEND = "apps.core.egress.mail.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port

    def addresses(self) -> Counter[str]:
        """Return how many mails each address has got."""
        return Counter(mail["To"] for mail in self.mails)

    def only_mail(self) -> EmailMessage:
        (mail,) = self.mails
        return mail


class _Conversation(socketserver.StreamRequestHandler):
    server_of_test: MailServer

    def handle(self) -> None:
        self.server_of_test.connections += 1
        self.recipients: list[str] = []
        self._say("220 ready")
        while line := self.rfile.readline():
            word, _, rest = line.decode().strip().partition(" ")
            if word.upper() == "QUIT":
                self._say("221 bye")
                return
            if word.upper() == "DATA":
                if not self._take_text():
                    return
            elif word.upper() == "RCPT":
                self._take_recipient(rest)
            else:
                self._say("250 ok")

    def _take_recipient(self, rest: str) -> None:
        address = rest.partition("<")[2].partition(">")[0]
        if address in self.server_of_test.refused:
            self._say("550 no such mailbox")
            return
        self.recipients.append(address)
        self._say("250 ok")

    def _take_text(self) -> bool:
        """Return whether the conversation goes on."""
        server = self.server_of_test
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        recipients, self.recipients = set(self.recipients), []
        server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
        if recipients & server.breaks_after_text:
            return False
        if recipients & server.hangs_on:
            server.texts_taken.set()
            server.ended.wait()
            return False
        self._say("250 taken")
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

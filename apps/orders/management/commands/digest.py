from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.core.console import ConsoleCommand, Exit, Help, add_verb
from apps.core.errors import Invalid
from apps.core.times import iso
from apps.orders.digest.buckets import Bucket, buckets_of
from apps.orders.digest.calendar import business_day
from apps.orders.models import DigestRun, NotificationRecipient
from apps.orders.services.send_digest import DayNotBegun, send_digest
from apps.orders.status import DigestStatus, MailState

CODES = """exit codes:
  0  everybody who should have got it has got it
  1  some mails were not confirmed; `digest status` says which
  2  the input is not acceptable; nothing was done
  3  no mail was confirmed
  4  the database is not reachable"""
SEND = (
    """examples:
  manage.py digest send --dry-run             what would be sent, to whom
  manage.py digest send                       whoever has got it already gets no second mail
  manage.py digest send --date 2025-02-01     the digest of an earlier day

"""
    + CODES
)
STATUS = """example:
  manage.py digest status --limit 7 --json    one JSON object a day"""


class NotADay(Invalid):
    """That is not a day; 2025-02-01 is one."""

    code = "not_a_day"


class Command(ConsoleCommand):
    help = "Send the daily digest of orders that are due, and see how it went."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=Help, epilog=CODES, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        send = add_verb(actions, "send", "Send the digest to whoever lacks it.", text=SEND)
        send.add_argument("--date", metavar="DAY", help="of which day; today if absent")
        send.add_argument("--dry-run", action="store_true", help="show it, send nothing")
        status = add_verb(actions, "status", "Show the latest days and their mails.", text=STATUS)
        status.add_argument("--limit", type=int, default=5, metavar="N", help="days (5)")

    def act(self, options: dict[str, Any]) -> Exit:
        if options["action"] == "status":
            return self._status(options)
        now = timezone.now()
        day = _day(options["date"]) if options["date"] else business_day(now)
        if options["dry_run"]:
            if day > business_day(now):
                raise DayNotBegun
            return self._rehearse(day, as_json=options["json"])
        report = send_digest(day=day, now=now)
        told = _as_json(report.run) | {"message": report.message}
        if options["json"]:
            self.put_json(told)
        else:
            self.stdout.write(f"{report.message} ({day}).")
            self._show_mails(told)
        return _exit_code(told)

    def _rehearse(self, day: date, *, as_json: bool) -> Exit:
        enabled = NotificationRecipient.objects.filter(enabled=True)
        addresses = list(enabled.values_list("email", flat=True))
        buckets = buckets_of(day)
        if as_json:
            counts = {bucket.key: bucket.count for bucket in buckets}
            answer = {"digestDate": f"{day}", "recipients": addresses, "orderCounts": counts}
            self.put_json(answer | {"dryRun": True})
            return Exit.OK
        self.stdout.write(f"Nothing was sent. The digest of {day} would go to:")
        self.stdout.write("\n".join(f"  {address}" for address in addresses or ["nobody"]))
        for bucket in buckets:
            self._show_bucket(bucket)
        return Exit.OK

    def _show_bucket(self, bucket: Bucket) -> None:
        self.stdout.write(f"{bucket.title}: {bucket.count}")
        if bucket.orders:
            self.put_table(
                ("order", "customer", "expected", "status"),
                (
                    (each.code, each.customer_name, iso(each.expected_delivery_date), each.status)
                    for each in bucket.orders
                ),
            )

    def _status(self, options: dict[str, Any]) -> Exit:
        for run in DigestRun.objects.all()[: max(1, options["limit"])]:
            told = _as_json(run)
            if options["json"]:
                self.put_json(told)
                continue
            wrong = f": {told['error']}" if told["error"] else ""
            self.stdout.write(f"{told['digestDate']} {told['status']}{wrong}")
            self._show_mails(told)
        return Exit.OK

    def _show_mails(self, told: dict[str, Any]) -> None:
        if told["mails"]:
            self.put_table(
                ("recipient", "state", "#attempts", "sent", "what went wrong"),
                (tuple(mail.values()) for mail in told["mails"]),
            )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotADay from None


def _as_json(run: DigestRun) -> dict[str, Any]:
    return {
        "digestDate": f"{run.digest_date}",
        "status": run.status,
        "orderCounts": run.counts,
        "startedAt": iso(run.started_at),
        "sentAt": iso(run.sent_at),
        "error": run.error,
        "mails": [
            {
                "email": mail.email,
                "state": mail.state,
                "attempts": mail.attempts,
                "sentAt": iso(mail.sent_at),
                "error": mail.error,
            }
            for mail in run.mails.all()
        ],
    }


def _exit_code(told: dict[str, Any]) -> Exit:
    if told["status"] in (DigestStatus.SENT, DigestStatus.EMPTY):
        return Exit.OK
    if any(mail["state"] == MailState.SENT for mail in told["mails"]):
        return Exit.UNSUCCESSFUL_ROWS
    return Exit.JOB_FAILED

import json
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Role
from apps.accounts.services.create_user import create_user


class Command(BaseCommand):
    help = "Create a user with a role; without --password-stdin a password is made and printed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", choices=Role.values, default=Role.VIEWER.value)
        parser.add_argument("--email", default="")
        parser.add_argument("--staff", action="store_true", help="may sign in to the admin")
        parser.add_argument("--password-stdin", action="store_true")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        given = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        try:
            user, password = create_user(
                username=options["name"],
                role=Role(options["role"]),
                email=options["email"],
                is_staff=options["staff"],
                password=given,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        answer = {"id": str(user.pk), "username": user.username, "role": user.role}
        if given is None:
            answer["password"] = password
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write("\n".join(f"{name}: {value}" for name, value in answer.items()))

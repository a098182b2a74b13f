import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.encryption import Undecryptable
from apps.core.services.rotate_secrets import rotate_secrets


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the first key of FIELD_ENCRYPTION_KEYS. "
        "Put a new key in front, restart, run this, then take the old key off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            rotation = rotate_secrets(dry_run=options["dry_run"])
        except Undecryptable as error:
            raise CommandError(
                "A secret is under a key that is not in FIELD_ENCRYPTION_KEYS; add that key at"
                " the end of the ring and run this again."
            ) from error
        if options["json"]:
            told = {"secrets": rotation.secrets, "rotated": rotation.rotated}
            self.stdout.write(json.dumps(told | {"dryRun": options["dry_run"]}))
            return
        verb = "would be" if options["dry_run"] else "were"
        self.stdout.write(f"{rotation.rotated} of {rotation.secrets} secrets {verb} rotated.")

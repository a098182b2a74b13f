import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.core.console import CODES, Exit, Help
from apps.core.errors import Invalid
from apps.jobs.making import FORMAT_OF, MakingCommand, check_writable, owner_of
from apps.jobs.services.preview_generation import MOST_PREVIEWED, Preview
from apps.jobs.services.start_generation import check_generation, start_generation

EXAMPLES = (
    """examples:
  manage.py generate customers.json --rows 5000 --out customers.csv
  manage.py generate customers@3 --rows 1000000 --seed 7 --out customers.xlsx --as-user anna
  manage.py generate customers.json --dry-run

A schema is a file with what POST /generate takes, or the name of a saved one. The rows are made
by the workers; with the same seed they are the same again.

"""
    + CODES
)


class Command(MakingCommand):
    help = "Make data up: a schema of typed fields in, a file of rows out."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=Help, epilog=EXAMPLES, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema", help="a JSON file, or a saved schema: name or name@3")
        parser.add_argument("--rows", type=int, metavar="N", help="how many, unless it says so")
        parser.add_argument(
            "--out",
            type=Path,
            metavar="FILE",
            help="write it there; .csv, .xlsx, .json or .ndjson is the format, too",
        )
        parser.add_argument("--seed", type=int, metavar="N", help="the same seed, the same rows")
        parser.add_argument(
            "--as-user", metavar="NAME", help="whose job it is (the first admin if not given)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="check it and show the first rows, make nothing"
        )
        parser.add_argument("--json", action="store_true", help="answer with JSON instead of text")

    def act(self, options: dict[str, Any]) -> Exit:
        document = _document(options)
        out: Path | None = options["out"]
        if out is not None:
            check_writable(out)
        if options["dry_run"]:
            return self._rehearse(document, options)
        accepted = start_generation(
            document=document, owner=owner_of(options["as_user"]), now=timezone.now()
        )
        seed = accepted.job.params["seed"]
        return self.follow(accepted.job, options, told={"seed": seed})

    def _rehearse(self, document: Any, options: dict[str, Any]) -> Exit:
        plan, preview = check_generation(document, now=timezone.now(), rows=MOST_PREVIEWED)
        if options["json"]:
            self.put_json(
                {
                    "dryRun": True,
                    "rows": plan.schema.rows,
                    "seed": plan.schema.seed,
                    "estimatedBytes": preview.estimated_bytes,
                    "warnings": preview.warnings,
                    "datasets": preview.datasets,
                }
            )
            return Exit.OK
        self.stdout.write(
            f"Nothing was made. {plan.schema.rows:,} rows as {plan.recipe.form} are about"
            f" {preview.estimated_bytes:,} bytes; the seed is {plan.schema.seed}."
        )
        self._show_rows(preview)
        return Exit.OK

    def _show_rows(self, preview: Preview) -> None:
        for name, rows in preview.datasets.items():
            self.stdout.write(f"{name} begins with")
            self.put_table(list(rows[0]), (list(row.values()) for row in rows[:10]))
        for warning in preview.warnings:
            self.tell(warning)


def _document(options: dict[str, Any]) -> Any:
    """
    Return the schema with what the command line says about it.

    :raises Invalid: if the file is no JSON
    """
    path = Path(options["schema"])
    if path.is_file():
        try:
            document = json.loads(path.read_bytes())
        except ValueError as error:
            raise Invalid(f"{path} is no JSON: {error}") from None
    elif path.suffix or len(path.parts) > 1:
        raise Invalid(f"There is no file {path}.")
    else:
        document = {"schema": options["schema"]}
    if not isinstance(document, dict):
        return document
    asked = {name: options[name] for name in ("rows", "seed") if options[name] is not None}
    form = FORMAT_OF.get(options["out"].suffix.lower()) if options["out"] else None
    if form is not None and form != document.get("format"):
        document.pop("formatOptions", None)
        asked["format"] = form
    return document | asked

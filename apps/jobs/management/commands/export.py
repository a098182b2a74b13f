import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.accounts.models import User
from apps.core.console import CODES, Exit, Help
from apps.core.errors import Detail, Invalid
from apps.jobs.exports.datasets import datasets_for
from apps.jobs.exports.typed import typed_value
from apps.jobs.files.kinds import Kind
from apps.jobs.making import FORMAT_OF, MakingCommand, check_writable, owner_of
from apps.jobs.services.estimate_export import estimate_export
from apps.jobs.services.prepare_export import prepare_export
from apps.jobs.services.start_export import start_export

SHOWN = 10
EXAMPLES = (
    """examples:
  manage.py export                                               list what can be exported
  manage.py export orders --out orders.csv
  manage.py export orders --columns code,customerName,totalPrice --sort createdAt:desc --limit 100
  manage.py export orders --where status=pending --where "totalPrice>=100" --out big.xlsx
  manage.py export --generation 0190d1c4-… --out customers.ndjson
  manage.py export --upload 0190d1c9-… --out march.json --dry-run
  manage.py export request.json --out paid.xlsx                  what POST /export takes

The rows are written by the workers, all of them as they are at one moment.

"""
    + CODES
)
SIGNS = {">=": "gte", "<=": "lte", "!=": "ne", ">": "gt", "<": "lt", "=": "eq", "~": "contains"}


class Command(MakingCommand):
    help = "Write rows into a file: a table, generated data or an upload, filtered and in order."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=Help, epilog=EXAMPLES, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source", nargs="?", help="a data set's name, or a JSON file; a list of them without"
        )
        parser.add_argument("--generation", metavar="ID", help="rows that this job has generated")
        parser.add_argument("--upload", metavar="ID", help="rows of this uploaded file")
        parser.add_argument("--columns", metavar="A,B,…", help="all of them unless told")
        parser.add_argument(
            "--where",
            action="append",
            default=[],
            metavar="A=B",
            help="a condition: = != < <= > >= or ~ (contains); all must hold",
        )
        parser.add_argument("--sort", metavar="A,B:desc", help="what to order by")
        parser.add_argument("--limit", type=int, metavar="N", help="at most so many rows")
        parser.add_argument(
            "--out",
            type=Path,
            metavar="FILE",
            help="write it there; .csv, .xlsx, .json or .ndjson is the format, too",
        )
        parser.add_argument(
            "--as-user", metavar="NAME", help="whose job it is (the first admin if not given)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count and show the first rows, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="answer with JSON instead of text")

    def act(self, options: dict[str, Any]) -> Exit:
        owner = owner_of(options["as_user"])
        if not any(options[name] for name in ("source", "generation", "upload")):
            return self._list(owner, options)
        document = _document(options, owner)
        if options["out"] is not None:
            check_writable(options["out"])
        if options["dry_run"]:
            return self._rehearse(document, owner, options)
        job = start_export(document=document, owner=owner, now=timezone.now())
        return self.follow(job, options, told={})

    def _list(self, owner: User, options: dict[str, Any]) -> Exit:
        found = datasets_for(owner)
        if options["json"]:
            named = {dataset.name: [c.name for c in dataset.columns] for dataset in found}
            self.put_json({"datasets": named})
            return Exit.OK
        shown = ((d.name, ", ".join(column.name for column in d.columns)) for d in found)
        self.put_table(["data set", "columns"], shown)
        return Exit.OK

    def _rehearse(self, document: Any, owner: User, options: dict[str, Any]) -> Exit:
        estimate = estimate_export(document=document, user=owner, now=timezone.now(), shown=SHOWN)
        if options["json"]:
            self.put_json(
                {
                    "dryRun": True,
                    "rows": estimate.rows,
                    "exact": estimate.exact,
                    "estimatedBytes": estimate.bytes,
                    "preview": estimate.preview,
                    "warnings": estimate.warnings,
                }
            )
            return Exit.OK
        about = "" if estimate.exact else "about "
        self.stdout.write(
            f"Nothing was written. {about}{estimate.rows:,} rows as {estimate.plan.wanted.form}"
            f" are about {estimate.bytes:,} bytes."
        )
        if estimate.preview:
            rows = (list(row.values()) for row in estimate.preview)
            self.put_table(list(estimate.preview[0]), rows)
        for warning in estimate.warnings:
            self.tell(warning)
        return Exit.OK


def _document(options: dict[str, Any], owner: User) -> Any:
    """
    Return what is wanted, as POST /export takes it.

    :raises Invalid: if the command line contradicts itself
    """
    document = _source(options)
    if not isinstance(document, dict):
        return document
    if options["columns"]:
        document["columns"] = [name.strip() for name in options["columns"].split(",")]
    if options["sort"]:
        document["sort"] = [_order(name.strip()) for name in options["sort"].split(",")]
    if options["where"]:
        kinds = _kinds(document, owner)
        document["filters"] = [_filter(text, kinds) for text in options["where"]]
    if options["limit"] is not None:
        document["limit"] = options["limit"]
    form = FORMAT_OF.get(options["out"].suffix.lower()) if options["out"] else None
    if form is not None and form != document.get("format", "csv"):
        document.pop("formatOptions", None)
        document["format"] = form
    return document


def _source(options: dict[str, Any]) -> Any:
    named = [name for name in ("source", "generation", "upload") if options[name]]
    if len(named) > 1:
        raise Invalid("Name one source: a data set, a file, --generation or --upload.")
    if options["generation"]:
        return {"source": {"kind": "generation", "jobId": options["generation"]}}
    if options["upload"]:
        return {"source": {"kind": "upload", "uploadId": options["upload"]}}
    path = Path(options["source"])
    if path.suffix != ".json":
        return {"source": {"kind": "dataset", "dataset": options["source"]}}
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Invalid(f"There is no file {path}.") from None
    except ValueError as error:
        raise Invalid(f"{path} is no JSON: {error}") from None


def _order(name: str) -> dict[str, str]:
    field, _, direction = name.partition(":")
    return {"field": field, "dir": direction or "asc"}


def _kinds(document: dict[str, Any], owner: User) -> dict[str, Kind]:
    """Return what each column is, for texts of a command line say nothing of their kind."""
    plan = prepare_export({"source": document.get("source")}, user=owner, now=timezone.now())
    return {column.name: column.kind for column in plan.source.columns}


def _filter(text: str, kinds: dict[str, Kind]) -> dict[str, Any]:
    """
    Understand `status=pending`.

    :raises Invalid: if there is no sign in it
    """
    found = [(text.index(sign), -len(sign), sign) for sign in SIGNS if sign in text]
    if not found:
        message = f"{text} is no condition such as status=pending."
        raise Invalid(message, details=[Detail("--where", "invalid", message)])
    begin, _, sign = min(found)
    name, value = text[:begin].strip(), text[begin + len(sign) :].strip()
    operator = SIGNS[sign]
    return {"field": name, "op": operator, "value": typed_value(value, operator, kinds.get(name))}

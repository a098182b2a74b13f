"""From records, inline or out of a sheet, to checked bodies that are ready for the ledger."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from apps.accounts.models import User
from apps.batches.mapping import Mapping, Plan
from apps.batches.mapping.plan import Built
from apps.batches.mapping.problems import Problems, nearest
from apps.batches.models import BatchRun, BatchSession
from apps.batches.validation import Issue, Rules, as_text
from apps.core.errors import Invalid
from apps.uploads.models import Upload
from apps.uploads.reading import OpenSheet, SheetInfo, open_sheet
from apps.uploads.services.find_upload import UploadGone, find_upload

MEMBER_FIELD = "memberId"
# Inline records are numbered as if they came from a sheet with a header in its first row.
FIRST_INLINE_ROW = 2
PLACE_OPTIONS = ("uploadId", "sheet", "headerRow", "mappingName")
MAPPING_OPTIONS = ("mapping", "constants", "groupBy", "collect", "skipBlankRows", "maxRows")


class BadSource(Invalid):
    """The source does not fit; see details."""


class Prepared(NamedTuple):
    """A record as the ledger takes it, and what keeps it from being sent."""

    row: int
    record: Any
    payload: bytes
    key: str
    member: str
    issues: list[Issue]


class Intake:
    """Checks the records of one batch by its session's rules, and against each other."""

    def __init__(self, session: BatchSession, *, allow_duplicates: bool = False) -> None:
        self._rules = Rules(session)
        self._key_field = session.key_field
        self._allow_duplicates = allow_duplicates
        self._row_of: dict[int, int] = {}

    def inline(self, records: Iterable[Any]) -> Iterator[Prepared]:
        """Check records that came in a request."""
        for row, record in enumerate(records, start=FIRST_INLINE_ROW):
            yield self._prepare(row, record, [], {})

    def built(self, plan: Plan, records: Iterable[Built]) -> Iterator[Prepared]:
        """Check records that a plan made of a sheet's rows."""
        for row, record, issues in records:
            yield self._prepare(row, record, issues, plan.column_of)

    def _prepare(
        self, row: int, record: Any, issues: list[Issue], column_of: dict[str, str]
    ) -> Prepared:
        payload, found = self._rules.examine(record)
        if not isinstance(record, dict):
            return Prepared(row, record, payload, "", "", found)
        key = as_text(record.get(self._key_field))
        if key and not self._allow_duplicates:
            found += self._repeats(key, row)
        if found:
            issues = _joined(issues, found, column_of)
        return Prepared(row, record, payload, key, as_text(record.get(MEMBER_FIELD)), issues)

    def _repeats(self, key: str, row: int) -> list[Issue]:
        first = self._row_of.setdefault(hash(key), row)
        if first == row:
            return []
        message = f"The same {self._key_field} is in row {first}. Remove one, or allow duplicates."
        return [Issue(field=self._key_field, code="duplicate", message=message)]


def _joined(issues: list[Issue], found: list[Issue], column_of: dict[str, str]) -> list[Issue]:
    """Add what the rules found, unless the field has a complaint already; name the columns."""
    told = {issue["field"] for issue in issues}
    joined = list(issues)
    for issue in found:
        if issue["field"] in told:
            continue
        column = column_of.get(issue["field"])
        if column is not None:
            issue["column"] = column
            if issue["code"] == "missing":
                issue["message"] = f"{column} is empty. Fill it in."
        joined.append(issue)
    return joined


@dataclass(frozen=True, slots=True)
class Source:
    """A client's description of where records come from, checked as far as it goes alone."""

    upload: Upload
    sheet: str | None
    header_row: int
    mapping: dict[str, Any]

    @classmethod
    def parse(cls, given: Any, *, session: BatchSession, owner: User) -> "Source":
        """
        Understand the source.

        :raises BadSource: if its options are not what they should be
        :raises UploadNotFound: if the file is not there for this user
        """
        problems = Problems()
        if not isinstance(given, dict):
            problems.note("source", "type", "A source is a JSON object.")
        problems.raise_if_any(BadSource)
        problems.check_names("source", given, PLACE_OPTIONS + MAPPING_OPTIONS)
        upload_id = _upload_id(given, problems)
        mapping = _mapping_of(given, session, problems)
        sheet = _sheet(given, problems)
        header_row = _header_row(given, problems)
        problems.raise_if_any(BadSource)
        return cls(find_upload(upload_id, owner), sheet, header_row, mapping)

    @classmethod
    def of_run(cls, run: BatchRun) -> "Source":
        """
        Return the source that was accepted with a run.

        :raises UploadGone: if the file was removed since
        """
        if run.upload is None or run.upload.deleted_at is not None:
            raise UploadGone
        kept: dict[str, Any] = run.source or {}
        mapping = {name: kept[name] for name in MAPPING_OPTIONS if name in kept}
        return cls(run.upload, kept.get("sheet"), kept.get("headerRow", 1), mapping)

    @contextmanager
    def open(self) -> Iterator[OpenSheet]:
        """
        Open the sheet.

        :raises Unreadable: if it cannot be read, or has more rows than are accepted
        """
        most = self.mapping.get("maxRows")
        with open_sheet(
            self.upload,
            sheet=self.sheet,
            header_row=self.header_row,
            max_rows=most if type(most) is int and most > 0 else None,
        ) as opened:
            yield opened

    def mapping_for(self, info: SheetInfo) -> Mapping:
        """
        Understand the mapping in the light of the header.

        :raises BadMapping: with everything that is wrong with it
        """
        return Mapping.parse(self.mapping, info.columns)

    def as_json(self) -> dict[str, Any]:
        """Return the source as a run keeps it; a saved mapping is copied, so it cannot change."""
        place = {"uploadId": str(self.upload.pk), "headerRow": self.header_row}
        return place | ({"sheet": self.sheet} if self.sheet else {}) | self.mapping


def records_of(opened: OpenSheet, mapping: Mapping, plan: Plan) -> Iterator[Built]:
    """Turn the rows of an open sheet into records."""
    rows = (row for chunk in opened.chunks() for row in chunk)
    if mapping.skip_blank_rows:
        rows = (row for row in rows if any(cell is not None for cell in row[1]))
    return plan.records(rows)


def _upload_id(given: dict[str, Any], problems: Problems) -> str:
    try:
        return str(UUID(str(given["uploadId"])))
    except (KeyError, ValueError):
        problems.note("source.uploadId", "missing", "Give the id of an uploaded file.")
        return ""


def _sheet(given: dict[str, Any], problems: Problems) -> str | None:
    sheet = given.get("sheet")
    if sheet is None or (isinstance(sheet, str) and "\0" not in sheet):
        return sheet or None
    problems.note("source.sheet", "type", "Give the name of a sheet.")
    return None


def _header_row(given: dict[str, Any], problems: Problems) -> int:
    row = given.get("headerRow", 1)
    if type(row) is int and row >= 0:
        return row
    problems.note("source.headerRow", "type", "Give Excel's number of a row, or 0 for no header.")
    return 1


def _mapping_of(given: dict[str, Any], session: BatchSession, problems: Problems) -> dict[str, Any]:
    own = {name: given[name] for name in MAPPING_OPTIONS if given.get(name) is not None}
    name = own.pop("mapping") if isinstance(own.get("mapping"), str) else given.get("mappingName")
    if name is None:
        return own
    saved = session.mappings.get(name) if isinstance(name, str) else None
    if saved is None:
        guess = nearest(str(name), session.mappings)
        message = f"The session has no mapping of this name.{guess}"
        problems.note("source.mappingName", "unknown", message)
    elif "mapping" in own:
        problems.note("source.mapping", "conflict", "Give a mapping or the name of a saved one.")
    return (saved or {}) | own

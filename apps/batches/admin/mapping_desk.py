import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from apps.accounts.models import User
from apps.batches.admin.mapping_lines import (
    TYPES,
    lines_of,
    mapping_of,
    place_errors,
    read_lines,
    show_samples,
)
from apps.batches.mapping.guess import guess_mapping
from apps.batches.models import BatchSession
from apps.batches.services.preview_source import preview_source
from apps.batches.services.rehearse import rehearse_source
from apps.batches.services.save_mapping import save_mapping
from apps.batches.services.submit_source import submit_source
from apps.core.errors import DomainError
from apps.jobs.models import Job
from apps.jobs.wording import duration
from apps.uploads.cells import Cell
from apps.uploads.models import Upload
from apps.uploads.reading import open_sheet

SAMPLE_ROWS = 200
SHOWN_ROWS = 10
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class NoSession(Exception):
    """Choose a session that has not ended."""

    def __str__(self) -> str:
        return str(self.__doc__)


class Desk:
    """Everything that the second page of a new batch shows and does."""

    types = TYPES

    def __init__(self, upload: Upload, owner: User, asked: QueryDict) -> None:
        """
        Open the sheet, and propose a mapping.

        :raises NoSession: if the session is not there, or has ended
        :raises DomainError: if the file cannot be read
        """
        self.upload, self.owner = upload, owner
        self.session = _session(asked.get("session"), owner)
        self.sheet = asked.get("sheet") or None
        header_row = asked.get("header_row", "1")
        self.header_row = int(header_row) if header_row.isdigit() and len(header_row) < 8 else 1
        self.errors: list[str] = []
        self.save_error = ""
        self.new_name = ""
        self.allow_duplicates = False
        self.shown: dict[str, Any] | None = None
        self.rehearsal: dict[str, Any] | None = None
        self._look_into_sheet()
        self.mapping_name = self._mapping_to_begin_with(asked.get("mapping"))
        self.lines = lines_of(self.columns, self._proposal())
        show_samples(self.lines, self._rows)

    def _look_into_sheet(self) -> None:
        with open_sheet(self.upload, sheet=self.sheet, header_row=self.header_row) as opened:
            self.columns = opened.info.columns
            self.sheets = opened.info.sheets
            self.sheet = opened.info.sheet
            first = next(opened.chunks(), [])
        self._rows: list[list[Cell]] = [cells for _, cells in first[:SAMPLE_ROWS]]

    def _mapping_to_begin_with(self, asked: str | None) -> str:
        """Return the saved mapping that was asked for, or else the first that fits the sheet."""
        saved = self.session.mappings
        if asked is not None:
            return asked if asked in saved else ""
        columns = set(self.columns)
        fitting = (name for name in sorted(saved) if columns.issuperset(self._columns_of(name)))
        return next(fitting, "")

    def _columns_of(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.session.mappings.get(name, {}).get("mapping") or {}
        return found

    def _proposal(self) -> dict[str, Any]:
        if self.mapping_name:
            return self._columns_of(self.mapping_name)
        wanted = [*self.session.required_fields, self.session.key_field]
        return guess_mapping(self.columns, self._rows, wanted)

    @property
    def missing_columns(self) -> list[str]:
        """Return columns that the saved mapping names and the sheet lacks."""
        return [name for name in self._columns_of(self.mapping_name) if name not in self.columns]

    @property
    def unfilled(self) -> list[str]:
        """Return fields that the session asks for and nothing fills yet."""
        wanted = dict.fromkeys([*self.session.required_fields, self.session.key_field])
        filled = {line.field for line in self.lines} | set(self._saved.get("constants") or {})
        return [name for name in wanted if name not in filled]

    @property
    def _saved(self) -> dict[str, Any]:
        return dict(self.session.mappings.get(self.mapping_name, {}))

    @property
    def mapping_names(self) -> list[str]:
        """Return the names of the session's saved mappings."""
        return sorted(self.session.mappings)

    @property
    def is_refused(self) -> bool:
        """Return whether something has to be corrected first."""
        return bool(self.errors or self.save_error or any(line.errors for line in self.lines))

    def read(self, posted: QueryDict) -> None:
        """Take over what the person filled in."""
        base = posted.get("base", "")
        self.mapping_name = base if base in self.session.mappings else ""
        self.lines = read_lines(self.columns, {name: str(posted[name]) for name in posted})
        show_samples(self.lines, self._rows)
        self.allow_duplicates = "allow_duplicates" in posted
        self.new_name = posted.get("mapping_name", "").strip()

    @property
    def _mapping(self) -> dict[str, Any]:
        """Return the whole mapping: what the table says, and what it does not show."""
        return self._saved | {
            "mapping": mapping_of(self.lines, self._columns_of(self.mapping_name))
        }

    @property
    def _source(self) -> dict[str, Any]:
        place = {"uploadId": str(self.upload.pk), "headerRow": self.header_row}
        return place | ({"sheet": self.sheet} if self.sheet else {}) | self._mapping

    def preview(self) -> None:
        """Show what the first rows become, and how many rows could not be sent."""
        if self.is_refused:
            return
        try:
            seen = preview_source(
                session=self.session,
                owner=self.owner,
                source=self._source,
                limit=SHOWN_ROWS,
                allow_duplicates=self.allow_duplicates,
            )
        except DomainError as error:
            self._refuse(error)
            return
        fields = list(dict.fromkeys(name for each in seen["sample"] for name in each["record"]))
        self.shown = seen | {
            "fields": fields,
            "valid": seen["records"] - seen["invalid"],
            "rows_shown": [_row(each, fields) for each in seen["sample"]],
        }

    def rehearse(self) -> None:
        """Check everything as a batch would, without sending anything."""
        try:
            found = rehearse_source(
                session=self.session,
                owner=self.owner,
                source=self._source,
                allow_duplicates=self.allow_duplicates,
            )
        except DomainError as error:
            self._refuse(error)
            return
        self.rehearsal = found | {"takes": duration(found["estimatedSeconds"])}

    def start(self, now: datetime) -> Job | None:
        """Hand the rows in; return the job, or None where something has to be corrected first."""
        try:
            return submit_source(
                session=self.session,
                owner=self.owner,
                source=self._source,
                now=now,
                allow_duplicates=self.allow_duplicates,
            )
        except DomainError as error:
            self._refuse(error)
            return None

    def save(self) -> str:
        """Keep the mapping with the session; return its name, empty where that failed."""
        if not NAME.fullmatch(self.new_name):
            self.save_error = "Use 1 to 64 letters, digits, hyphens or underscores."
            return ""
        try:
            save_mapping(session=self.session, name=self.new_name, mapping=self._mapping)
        except DomainError as error:
            self._refuse(error)
            return ""
        self.mapping_name = self.new_name
        return self.new_name

    def _refuse(self, error: DomainError) -> None:
        self.errors += place_errors(self.lines, error)


def _session(key: str | None, owner: User) -> BatchSession:
    try:
        wanted = UUID(key or "")
    except ValueError:
        raise NoSession from None
    usable = BatchSession.objects.visible_to(owner).usable(timezone.now())
    session = usable.filter(pk=wanted).first()
    if session is None:
        raise NoSession
    return session


def _row(seen: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    record = seen["record"]
    return {
        "row": seen["row"],
        "cells": [_shown(record.get(name)) for name in fields],
        "issues": seen["issues"],
    }


def _shown(value: Any) -> str:
    return "" if value is None else str(value)[:60]

"""Multipart parts as they arrive: 64 KiB at a time into a file, counted and digested."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from apps.core.errors import Invalid, NoSpace, TooLarge
from apps.uploads.kinds import type_of_name

MOST_FILES = 10
LONGEST_NAME = 255
MEBIBYTE = 1024 * 1024
# EFBIG is how a file size limit of the process looks.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TooManyFiles(Invalid):
    """At most 10 files can be sent at once."""

    code = "too_many_files"


@contextmanager
def room_on_disk() -> Iterator[None]:
    """
    Say so when the disk is full.

    :raises NoSpace: instead of the operating system's error
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace("The disk is full; nothing was stored.") from error
        raise


def display_name(name: str) -> str:
    """Return the client's file name, fit to be shown; it is never used as a path."""
    printable = "".join(letter for letter in name if letter.isprintable()).strip()
    if len(printable) <= LONGEST_NAME:
        return printable
    stem, dot, extension = printable.rpartition(".")
    return stem[: LONGEST_NAME - len(extension) - 1] + dot + extension


class ReceivedFile(TemporaryUploadedFile):
    """A file that has arrived completely, still under a temporary name; closing removes it."""

    def __init__(self, name: str, declared_type: str) -> None:
        # Refused here, before anything is on the disk.
        self.expected_type = type_of_name(name)
        self.original_name = display_name(name)
        super().__init__(self.original_name, declared_type[:127], 0, None, {})
        self._digest = hashlib.sha256()

    @property
    def _temporary(self) -> IO[bytes]:
        assert self.file is not None  # noqa: S101 - for mypy: the constructor opened it
        return self.file

    def add(self, chunk: bytes) -> None:
        """Append a chunk."""
        self._digest.update(chunk)
        self._temporary.write(chunk)
        self.size = (self.size or 0) + len(chunk)

    def settle(self) -> None:
        """Make the bytes survive a power cut."""
        self._temporary.flush()
        os.fsync(self._temporary.fileno())

    @property
    def sha256(self) -> str:
        """Return the digest of what has arrived."""
        return self._digest.hexdigest()


class StreamedUploadHandler(FileUploadHandler):
    """
    Receives the files of one request; what is over a limit stops the request at once.

    Whoever makes one calls `discard` in the end: files that were not stored by then vanish.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files: list[ReceivedFile] = []
        self.interrupted = False
        self._total = 0

    def handle_raw_input(
        self, _input: Any, _meta: Any, content_length: int, _boundary: Any, _encoding: Any = None
    ) -> None:
        """
        Refuse a request before its first byte is read.

        :raises TooLarge: if it announces more than we take
        """
        self._stay_below(content_length, settings.MAX_REQUEST_BYTES, "The request")

    def new_file(
        self, field_name: str, file_name: str, content_type: str, *_args: Any, **_kwargs: Any
    ) -> None:
        """
        Begin a file.

        :raises TooManyFiles: if there are ten already
        :raises WrongType: if its name says that we do not accept it
        """
        if len(self.files) >= MOST_FILES:
            raise TooManyFiles
        with room_on_disk():
            self.files.append(ReceivedFile(file_name, content_type))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """
        Take the next 64 KiB.

        :raises TooLarge: if the file or the request grows beyond its limit
        :raises NoSpace: if the disk is full
        """
        file = self.files[-1]
        self._total += len(raw_data)
        self._stay_below(start + len(raw_data), settings.MAX_UPLOAD_BYTES, file.original_name)
        self._stay_below(self._total, settings.MAX_REQUEST_BYTES, "The request")
        with room_on_disk():
            file.add(raw_data)

    def file_complete(self, _file_size: int) -> ReceivedFile:
        """Hand over a complete file."""
        with room_on_disk():
            self.files[-1].settle()
        return self.files[-1]

    def upload_interrupted(self) -> None:
        """Note that the client went away in the middle of a file."""
        self.interrupted = True

    def discard(self) -> None:
        """Remove what was received and not stored."""
        for file in self.files:
            file.close()

    def _stay_below(self, size: int, most: int, what: str) -> None:
        if size > most:
            raise TooLarge(f"{what} is larger than {_in_words(most)}.")


def _in_words(size: int) -> str:
    return f"{size // MEBIBYTE} MiB" if size >= MEBIBYTE else f"{size} bytes"

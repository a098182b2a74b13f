"""Where a secret could show: every table, every file, every answer."""

import base64
import io
import zipfile

from django.db import connection
from django.http import HttpResponseBase


def content_of(response: HttpResponseBase) -> bytes:
    """Return the whole answer: its headers, its body, and what is inside of a zipped body."""
    body = b"".join(response) if response.streaming else response.content
    head = "\n".join(f"{name}: {value}" for name, value in response.items()).encode()
    if zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body += b"".join(archive.read(name) for name in archive.namelist())
    return head + b"\n\n" + body


def dump() -> dict[str, str]:
    """Return each table of the database as text, as a dump in clear would hold it."""
    with connection.cursor() as cursor:
        tables = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
            tables[table] = cursor.fetchone()[0]
        return tables


def found_in(text: str | bytes, secrets: dict[str, str]) -> list[str]:
    """Return the names of the secrets that the text holds: plainly, in hex or in Base64."""
    haystack = text.encode() if isinstance(text, str) else text
    return [
        name
        for name, secret in secrets.items()
        if any(form in haystack for form in _forms(secret.encode()))
    ]


def _forms(secret: bytes) -> list[bytes]:
    # Base64 of the secret wherever it begins within a group of three bytes.
    shifted = [base64.b64encode(b"\0" * shift + secret)[4:-4] for shift in range(3)]
    return [secret, secret.hex().encode(), *shifted]

"""A client of the public API, as any script would write it."""

import json
import secrets
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CallFailed(Exception):
    """The API did not do what it was asked to."""


class Client:
    """Calls Backroom with an API key."""

    def __init__(self, url: str, api_key: str) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "*/*"}

    def get(self, path: str) -> Any:
        """Return what is there."""
        return json.loads(self._call("GET", path))

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> Any:
        """Hand in JSON; with a key, handing it in twice does it once."""
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return json.loads(self._call("POST", path, json.dumps(body).encode(), headers))

    def upload(self, file: Path) -> str:
        """Hand in a workbook; return the id of the upload."""
        boundary = secrets.token_hex(16)
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
            f"Content-Type: {XLSX}\r\n\r\n"
        )
        body = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = json.loads(self._call("POST", "/upload", body, headers))
        return str(answer["files"][0]["uploadId"])

    def download(self, path: str, to: Path) -> None:
        """Keep what is there in a file."""
        content = self._call("GET", path)
        to.touch(mode=0o600)
        to.write_bytes(content)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        call = urllib.request.Request(
            self.url + path, data=body, method=method, headers=self._headers | (headers or {})
        )
        try:
            with _opener.open(call, timeout=30) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")[:1000]
            raise CallFailed(f"{method} {path} answered {error.code}: {text}") from None
        except OSError as error:
            raise CallFailed(f"{method} {path}: {error}") from None


# A proxy of the machine has no business with our own address.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

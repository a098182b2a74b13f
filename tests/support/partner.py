"""
A partner that remembers every call, in a process of its own.

A test starts it with `with RecordingPartner() as partner:`, a bench may run it beside other things
with `python -m tests.support.partner --port 9000 --latency-ms 20`. What a call meets is said by the
field `behave` of its body, or for its `requestId` by the script:

==================  ==============================================================================
`ok`                apply the effect, answer 201
`status:422`        answer that status; only a 2xx applies the effect
`429:2`             answer 429 with Retry-After 2 once, then `ok`; `429:2:3` three times
`flaky:503:2`       answer that status twice, then `ok`
`slow:500`          apply the effect, answer after 500 ms more
`drop`              apply the effect, close the connection without an answer
`reset`             reset the connection, no effect
`drip`              apply the effect, send the answer a byte every 5 ms; `drip:50` every 50 ms
==================  ==============================================================================

`slow`, `drop`, `reset` and `drip` take a last number, as in `drop:1` or `slow:500:2`: only so many
calls of that record meet it, and meet it even when they repeat a key. Without the number every call
does, except that an effect applied before under the same key is answered at once.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60
# a proxy of the machine must not see calls to this machine
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RecordingPartner:
    """The partner's process, and the questions a test asks it."""

    def __init__(
        self,
        latency_ms: float = 0,
        script: dict[str, str] | None = None,
        *,
        honours_keys: bool = True,
        port: int = 0,
    ) -> None:
        self._script = script or {}
        self._command = [sys.executable, "-m", "tests.support.partner_server", "--with-parent"]
        self._command += ["--port", str(port), "--latency-ms", str(latency_ms)]
        if not honours_keys:
            self._command.append("--ignore-keys")
        self._process: subprocess.Popen[str] | None = None
        self.origin = ""

    def __enter__(self) -> Self:
        # stdin stays open as long as this process lives: its end tells the partner to go
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.origin = self._process.stdout.readline().strip()
        if not self.origin:
            raise RuntimeError(f"The partner did not start: exit code {self._process.wait()}")
        if self._script:
            self.script(self._script)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.communicate(timeout=TIMEOUT)

    @property
    def url(self) -> str:
        return f"{self.origin}/v2/claims"

    def calls(self) -> list[dict[str, Any]]:
        """
        List the calls in the order they came.

        Each has `request_id` and `key` (the Idempotency-Key or None), `method`, `path`, `headers`
        (names in lower case), `body` (text), `body_sha`, `status` (None when the connection was
        cut), `at` (epoch seconds) and `effect`.
        """
        calls: list[dict[str, Any]] = self._ask("calls")
        return calls

    def effects(self) -> dict[str, int]:
        """Count, for each business key, how often the call did something."""
        effects: dict[str, int] = self._ask("effects")
        return effects

    def max_in_flight(self) -> int:
        """Say how many calls waited for an answer at once; without a latency that is one."""
        return int(self._ask("load")["maxInFlight"])

    def call_count(self) -> int:
        return int(self._ask("load")["calls"])

    def script(self, behaviours: dict[str, str]) -> None:
        """Say what the records with these business keys meet from now on."""
        self._ask("script", behaviours)

    def reset(self) -> None:
        """Forget all calls, keys and effects; the script stays."""
        self._ask("reset", {})

    def _ask(self, question: str, data: object = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        with DIRECT.open(f"{self.origin}/_control/{question}", body, TIMEOUT) as answer:
            return json.load(answer)


if __name__ == "__main__":
    from tests.support.partner_server import main

    main()

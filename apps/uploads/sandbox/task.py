from dataclasses import dataclass

import orjson


@dataclass(frozen=True)
class Task:
    """What the child is to read."""

    path: str
    kind: str
    sheet: str | None
    header_row: int
    max_rows: int
    encoding: str
    delimiter: str
    info_only: bool
    # Whether rows that are too wide are sent as they are, for somebody who reports them.
    lenient: bool = False

    @classmethod
    def parse(cls, text: str) -> "Task":
        """Read what the parent wrote."""
        return cls(**orjson.loads(text))

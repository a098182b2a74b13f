import io
import logging
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Return a function that reads all that the configured handler has written, DEBUG included."""
    (handler,) = [
        handler for handler in logging.getLogger().handlers if handler.get_name() == "stdout"
    ]
    stream, root = io.StringIO(), logging.getLogger()
    former, level = handler.setStream(stream), root.level
    root.setLevel(logging.DEBUG)
    yield stream.getvalue
    root.setLevel(level)
    handler.setStream(former)

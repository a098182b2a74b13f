from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import Stack


@pytest.fixture
def stack(tmp_path: Path, django_db_blocker) -> Iterator[Stack]:
    """A running product whose parts may be killed; models of the test see its database."""
    tmp_path.chmod(0o755)
    stack = Stack(tmp_path)
    try:
        stack.start()
        with django_db_blocker.unblock(), stack.as_database():
            yield stack
    finally:
        stack.stop()

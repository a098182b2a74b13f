from collections.abc import Iterator

import pytest

from tests.support.stack import Stack


@pytest.fixture(scope="package")
def stack(tmp_path_factory, django_db_blocker) -> Iterator[Stack]:
    """
    A running product whose parts may be killed; models of the test see its database.

    The tests share it, for what is killed comes back. Slices are short, hence many.
    """
    home = tmp_path_factory.mktemp("stack")
    home.parent.chmod(0o755)
    stack = Stack(home, JOB_SLICE_SECONDS="1")
    try:
        stack.start()
        with django_db_blocker.unblock(), stack.as_database():
            yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="package")
def address(stack: Stack) -> str:
    """Where the product's web process answers."""
    return stack.serve()

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack


@pytest.fixture(scope="module")
def stack(request, tmp_path_factory, django_db_blocker) -> Iterator[Stack]:
    """
    A running product whose parts may be killed; models of the test see its database.

    The tests of a module share it, for what is killed comes back; the module's STACK_ENV adds to
    its environment.
    """
    home = tmp_path_factory.mktemp("stack")
    home.parent.chmod(0o755)
    stack = Stack(home, **getattr(request.module, "STACK_ENV", {}))
    try:
        stack.start()
        with django_db_blocker.unblock(), stack.as_database():
            yield stack
    finally:
        stack.stop()

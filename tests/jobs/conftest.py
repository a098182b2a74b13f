from collections.abc import Iterator

import pytest

from apps.jobs import handlers
from apps.jobs.status import JobType
from tests.jobs.world import ScriptedHandler


@pytest.fixture
def handler() -> Iterator[ScriptedHandler]:
    """Who handles jobs of type `sync` in this test; what it does is in its `act`."""
    before = dict(handlers._handlers)
    scripted = ScriptedHandler()
    handlers.register(JobType.SYNC, scripted)
    yield scripted
    handlers._handlers.clear()
    handlers._handlers.update(before)


@pytest.fixture
def short_lease(settings) -> float:
    """Leases of 0.3 s, renewed every 0.1 s."""
    settings.JOB_LEASE_SECONDS = 0.3
    return 0.3

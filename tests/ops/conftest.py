import pytest

from apps.ops.services.check_health import prober


@pytest.fixture(autouse=True)
def _asked_afresh() -> None:
    prober.forget()

"""Settings for all tests: no deadlines (machines differ), and the same examples on every run.

hypothesis prints more about a failure where the variable `CI` is set; a test that reads what it prints must not depend on that."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import autograd as ag

settings.register_profile("project", deadline=None, derandomize=True, print_blob=False, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    ag.manual_seed(0)
    yield
    assert ag.is_grad_enabled(), "a test left recording off"

"""Settings for all tests: no deadlines (machines differ), and the same examples on every run.

hypothesis prints more about a failure where the variable `CI` is set; a test that reads what it prints must not depend on that."""

import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import autograd as ag
from autograd.core.mode import here
from tests.browser import Browser, find

settings.register_profile("project", deadline=None, derandomize=True, print_blob=False, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")
ag.set_num_threads(1)  # beside the workers of a parallel run, more would wait for each other
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs behind it; children would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    ag.manual_seed(0)
    tracer = sys.gettrace()
    yield
    assert sys.gettrace() is tracer, "a test left another tracer, so that nothing more is seen to be covered"
    assert ag.is_grad_enabled() and len(here.inside) == 1, "a test left recording off, or a block open"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip("no Chromium or Chrome on PATH, nor named by CHROMIUM: the page was not tried")
    with Browser(program) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """A wide light window; whatever a test does, the page asks for nothing and complains of nothing."""
    chromium.size(1280, 640)
    chromium.prefer()
    chromium.move(0, 0)
    yield chromium
    assert chromium.errors == []
    assert all(url.startswith("file:///") for url in chromium.requests) and len(chromium.requests) == 1

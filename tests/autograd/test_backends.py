"""Libraries for other devices are not here, and their switches are taken."""

import pytest

from autograd import backends


@pytest.mark.parametrize("name", backends.__all__)
def test_it_is_not_here_and_takes_switches(name: str) -> None:
    backend = getattr(backends, name)
    assert backend.is_available() is backend.is_built() is False
    assert (backend.deterministic, backend.benchmark) == (True, False)
    backend.benchmark = True
    assert backend.benchmark and not backend.is_available()
    del backend.benchmark

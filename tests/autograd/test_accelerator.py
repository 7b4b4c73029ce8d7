"""There is no accelerator, and programs that ask choose the CPU."""

import pytest

import autograd as ag


def test_a_program_that_asks_for_one_chooses_the_cpu() -> None:
    device = ag.accelerator.current_accelerator().type if ag.accelerator.is_available() else "cpu"  # type: ignore[attr-defined]
    assert device == "cpu" and ag.accelerator.device_count() == 0 and ag.accelerator.current_accelerator(check_available=True) is None
    with pytest.raises(AttributeError, match=r"'autograd\.accelerator' has no attribute 'synchronize'"):
        ag.accelerator.synchronize()  # type: ignore[attr-defined]

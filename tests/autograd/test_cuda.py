"""There is no GPU, and programs that ask are told so."""

import pytest

import autograd as ag


def test_there_is_none() -> None:
    assert ag.cuda.is_available() is False and ag.cuda.device_count() == 0


def test_what_programs_call_before_they_ask_does_nothing() -> None:
    state = ag.default_generator.get_state()
    assert ag.cuda.manual_seed(1) is ag.cuda.manual_seed_all(1) is ag.cuda.empty_cache() is None
    assert ag.default_generator.get_state() == state
    with pytest.raises(TypeError, match="a seed must be an int"):
        ag.cuda.manual_seed("a")  # type: ignore[arg-type]

"""Coins are as likely as they are said to be, to the last bit of the probability that a byte alone cannot give."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd.random import coins


@given(p=st.sampled_from([0.0, 1 / 512, 0.1, 0.2, 0.25, 0.5, 1 / 3, 0.999, 1.0]) | st.floats(0, 1), seed=st.integers(0, 10**6))
def test_coins_are_fair_to_p(p: float, seed: int) -> None:
    n = 30_000
    heads = coins((3, n // 3), p, ag.Generator().manual_seed(seed))
    assert heads.shape == (3, n // 3) and heads.dtype == bool
    assert abs(heads.mean() - p) <= 5.5 * math.sqrt(p * (1 - p) / n) + 1 / n


def test_the_bits_below_a_byte_count() -> None:
    """With 8 bits alone, p = 0.001 would be 0, and 0.2 would be 51/256 = 0.19922, 20 standard errors away here."""
    g = ag.Generator().manual_seed(0)
    assert abs(coins((10**7,), 0.2, g).mean() - 0.2) < 5 * math.sqrt(0.16 / 10**7)
    assert abs(coins((10**7,), 0.001, g).mean() - 0.001) < 5 * math.sqrt(0.001 / 10**7)


def test_neighbours_are_independent() -> None:
    heads = coins((10**6,), 0.3, ag.Generator().manual_seed(0)) - 0.3
    for lag in (1, 2, 7, 8, 64):
        assert abs(np.mean(heads[lag:] * heads[:-lag])) < 5 * 0.21 / 1000


def test_none_and_any_shape_and_refusals() -> None:
    assert coins((), 1.0).item() is True and coins((0, 3), 0.5).shape == (0, 3)
    x = ag.zeros(4, dtype=ag.int64)
    assert x.bernoulli_(1.0) is x and x.tolist() == [1, 1, 1, 1]
    for p in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="probability in"):
            x.bernoulli_(p)


def test_a_state_that_is_none_changes_nothing() -> None:
    g = ag.Generator().manual_seed(3)
    ag.rand(3, generator=g)
    good = g.get_state()
    inner = good["state"]["state"]
    for bad in (
        {}, 3, {**good, "seed": "x"}, {**good, "seed": -1}, {**good, "state": {}},
        *({**good, "state": {**good["state"], "state": {**inner, **change}}} for change in ({"inc": 1.5}, {"state": -1}, {"state": 2**200})),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="no state of a Generator"):
            g.set_state(bad)  # type: ignore[arg-type]
        assert g.get_state() == good and g.initial_seed() == 3
    other = ag.Generator().manual_seed(9)
    other.set_state(good)
    assert other.initial_seed() == 3 and ag.rand(2, generator=other).equal(ag.rand(2, generator=g))


def test_a_permutation_in_another_dtype() -> None:
    for dtype in (ag.int64, ag.int32, ag.float32):
        p = ag.randperm(5, dtype=dtype)
        assert p.dtype == dtype and sorted(p.tolist()) == [0, 1, 2, 3, 4]
    state = ag.default_generator.get_state()
    for call in (lambda: ag.randperm(300, dtype=ag.uint8), lambda: ag.randint(0, 300, (2,), dtype=ag.uint8)):
        with pytest.raises(ValueError, match="299 does not fit into uint8"):
            call()
    assert ag.default_generator.get_state() == state


def test_every_algorithm_is_deterministic() -> None:
    for mode in (True, False):
        ag.use_deterministic_algorithms(mode, warn_only=True)
    with pytest.raises(TypeError, match="mode must be True or False"):
        ag.use_deterministic_algorithms("yes")  # type: ignore[arg-type]


FORKED = """
import os, signal, threading

os.register_at_fork(after_in_child=lambda: signal.alarm(60))
import autograd as ag

ag.manual_seed(0)
ag.rand(1)
drawn, forked = threading.Event(), threading.Event()

def draw():
    with ag.default_generator.numpy.bit_generator.lock:  # as numpy does, without Python, while it draws
        drawn.set()
        forked.wait()

def child():
    child = os.fork()
    if not child:
        os._exit(round(100 * ag.rand(1).item()))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

other = threading.Thread(target=draw)
other.start()
drawn.wait()
locked = child(), child()
forked.set()
other.join()
free = child()
print(locked[0] == locked[1] >= 0, free == round(100 * ag.rand(1).item()))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_that_was_forked_while_another_thread_drew_draws_too() -> None:
    """Numbers of another stream of the same seed; those that the parent would draw where nobody was drawing."""
    child = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], capture_output=True, text=True)
    assert (child.stdout, child.stderr) == ("True True\n", "")

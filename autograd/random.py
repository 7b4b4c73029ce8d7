"""Random numbers that can be repeated: every random function draws from a `Generator`, by default from one that `manual_seed` seeds.

One call of `manual_seed` makes a whole program repeat bit for bit.
"""

from __future__ import annotations

import math
import os
from functools import cached_property
from typing import Any

import numpy as np

from autograd.core.mode import leaves
from autograd.devices import device as _device
from autograd.errors import described, flag_of, int_of
from autograd.replay import again

__all__ = ["Generator", "coins", "default_generator", "initial_seed", "manual_seed", "source", "use_deterministic_algorithms"]


class Generator:
    """A source of random numbers of one's own (PCG64). Copies of its `get_state` repeat it from there.

    >>> from autograd import rand
    >>> a, b = (rand(2, generator=Generator().manual_seed(0)) for _ in range(2))
    >>> a.tolist() == b.tolist()
    True
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = _device(device)
        self.manual_seed(0)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``, an int >= 0."""
        leaves("manual_seed()")
        self._seed = int_of(seed, "a seed", 0, 2**128 - 1)
        self.__dict__.pop("numpy", None)
        return self

    @cached_property
    def numpy(self) -> np.random.Generator:
        """The numpy generator within; made when the first number is drawn, for importing numpy.random takes a while."""
        return np.random.Generator(np.random.PCG64(self._seed))

    def initial_seed(self) -> int:
        """The seed it started from."""
        return self._seed

    def get_state(self) -> dict[str, Any]:
        """All that is needed to go on from here, as plain data."""
        leaves("get_state()")
        return {"seed": self._seed, "state": self.numpy.bit_generator.state}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state that `get_state` gave. Raises ValueError, and changes nothing, for another."""
        source = np.random.PCG64()
        try:
            source.state = state["state"]
            if source.state != state["state"]:
                raise ValueError(f"got {state['state']}")  # such as a float, which numpy would cut off
            self.manual_seed(state["seed"])
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"this is no state of a Generator, as get_state() gives it: {described(state)}") from error
        self.numpy.bit_generator.state = state["state"]


default_generator = Generator()
default_generator.manual_seed(int.from_bytes(os.urandom(8), "little"))


def _unlocked() -> None:
    """In a forked child: go on with another stream of the seed if another thread was drawing, for its lock is never released here.

    The state in the middle of a draw cannot be had: numpy waits for the lock to tell it.
    """
    if "numpy" in vars(default_generator):
        lock = default_generator.numpy.bit_generator.lock
        if lock.acquire(blocking=False):
            lock.release()
        else:
            default_generator.numpy = np.random.Generator(np.random.PCG64(default_generator.initial_seed()).jumped())


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_unlocked)


def manual_seed(seed: int) -> Generator:
    """Make everything random from here on repeat."""
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    """The seed that the default generator started from."""
    return default_generator.initial_seed()


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Taken for PyTorch's sake: every algorithm here is deterministic, whatever ``mode`` says."""
    flag_of(mode, "use_deterministic_algorithms: mode"), flag_of(warn_only, "use_deterministic_algorithms: warn_only")


def source(generator: Generator | None = None) -> np.random.Generator:
    """numpy's generator inside ``generator``, or inside the default one."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"generator must be an autograd.Generator, got {described(generator)}")
    leaves("a function that draws random numbers and is not marked to be called again")
    return (generator or default_generator).numpy


@again
def coins(shape: tuple[int, ...], p: float, generator: Generator | None = None) -> np.ndarray:
    """Booleans that are True with probability ``p``, from 8 random bits each.

    A byte below ``256 p`` is a True. The one byte value that ``256 p`` cuts in two is decided by a number of its own, so
    that the probability is exact. For 256 x 256 entries this takes a third of the time of random floats.
    """
    rng, n = source(generator), math.prod(shape)
    whole = int(p * 256)
    bytes_ = rng.bit_generator.random_raw(-(-n // 8)).view(np.uint8)[:n]
    heads = bytes_ < whole if whole < 256 else np.ones(n, bool)
    if rest := p * 256 - whole:
        torn = np.flatnonzero(bytes_ == whole)
        heads[torn] = rng.random(len(torn)) < rest
    return heads.reshape(shape)

"""Blocks: each thread has its own list, and leaving is one step, whoever asks for it. Ctrl-C in them is a test of `mode`."""

import threading
from contextlib import ExitStack

import pytest

from autograd.core.blocks import Blocks, Exit


class Block:
    blocks = Blocks()
    __exit__ = Exit()

    def __enter__(self) -> None:
        inside = self.blocks.inside
        inside += [self]


def test_the_innermost_is_left() -> None:
    outer, inner = Block(), Block()
    with outer:
        with inner, ExitStack() as stack:
            stack.enter_context(inner)
            assert Block.blocks.inside == [outer, inner, inner]
        assert Block.blocks.inside == [outer]
    assert Block.blocks.inside == []
    with pytest.raises(IndexError):
        Block().__exit__()


def test_the_error_of_a_block_goes_on() -> None:
    with pytest.raises(KeyError), Block():
        raise KeyError
    assert Block.blocks.inside == []


def test_each_thread_is_inside_of_its_own_and_leave_is_that_of_the_thread_that_asked() -> None:
    blocks, seen = Blocks(), []

    def other() -> None:
        seen.append([*blocks.inside])
        leave()
        seen.append([*blocks.inside])

    blocks.inside += ["outer", "inner"]
    leave = blocks.leave
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [[], []] and blocks.inside == ["outer"]

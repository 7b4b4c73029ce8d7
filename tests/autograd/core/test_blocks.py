"""Blocks: each thread has its own list, and leaving is one step, whoever asks for it. Ctrl-C in them is a test of `mode`."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from autograd.core.blocks import Blocks, Exit, nothing


class Block:
    blocks = Blocks()
    __exit__ = Exit()

    def __init__(self, end: Callable[[], Any] = nothing) -> None:
        self.end = end

    def __enter__(self) -> None:
        inside = self.blocks.inside
        inside += [self]


def test_the_innermost_entry_is_left_and_then_its_end_is_called() -> None:
    seen: list[Any] = []
    outer, inner = Block(lambda: seen.append([*Block.blocks.inside])), Block(lambda: seen.append([*Block.blocks.inside]))
    with outer:
        with inner, ExitStack() as stack:
            stack.enter_context(inner)
            assert Block.blocks.inside == [outer, inner, inner]
        assert Block.blocks.inside == [outer]
    assert seen == [[outer, inner], [outer], []] and Block.blocks.inside == []


def test_the_error_of_a_block_goes_on_and_that_of_an_end_comes_after_it_was_left() -> None:
    with pytest.raises(KeyError), Block():
        raise KeyError
    with pytest.raises(ZeroDivisionError), Block(lambda: 1 // 0):
        pass
    assert Block.blocks.inside == []
    with pytest.raises(IndexError):
        Block().__exit__()


def test_each_thread_is_inside_of_its_own_and_leave_is_that_of_the_thread_that_asked() -> None:
    blocks, seen = Blocks("base"), []

    def other() -> None:
        seen.append([*blocks.inside])
        leave()
        seen.append([*blocks.inside])

    entry = Block()
    blocks.inside += [entry]
    leave = blocks.leave
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [["base"], ["base"]] and blocks.inside == ["base"]

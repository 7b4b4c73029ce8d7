"""Recording on and off: call, block and decorator, nested, in threads, restored on any exit."""

import asyncio
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, nullcontext
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Call, Value, enable_grad, is_grad_enabled, no_grad, record_lines, set_grad_enabled
from autograd.core.mode import NONDEFAULT, Block, Mode, here
from autograd.core.notes import running
from autograd.core.watch import Watch

PACKAGE = os.path.dirname(ag.__file__) + os.sep


def test_a_call_lasts_and_a_block_ends() -> None:
    set_grad_enabled(False)
    assert not is_grad_enabled()
    set_grad_enabled(True)
    assert is_grad_enabled()
    with set_grad_enabled(False):
        assert not is_grad_enabled()
        with set_grad_enabled(True):
            assert is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_one_object_can_be_entered_twice() -> None:
    guard = no_grad()
    with guard:
        with guard:
            assert not is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_decorators_act_when_the_function_runs() -> None:
    @no_grad
    def bare() -> bool:
        return is_grad_enabled()

    @no_grad()
    def called() -> bool:
        return is_grad_enabled() or inner()

    @enable_grad()
    def inner() -> bool:
        return not is_grad_enabled()

    @set_grad_enabled(False)
    def switched(depth: int) -> bool:
        return is_grad_enabled() if depth == 0 else switched(depth - 1)

    assert is_grad_enabled()
    assert not bare() and not called() and not switched(3)
    assert bare.__name__ == "bare" and is_grad_enabled()


def test_an_exception_restores_the_mode() -> None:
    @no_grad
    def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert is_grad_enabled()


def test_a_thread_that_ends_with_recording_off_harms_no_other() -> None:
    thread = threading.Thread(target=lambda: set_grad_enabled(False))
    thread.start()
    thread.join()
    assert not NONDEFAULT  # and slows nobody down
    assert is_grad_enabled() and (Value(1.0) * 2).requires_grad and (ag.ones(1, requires_grad=True) + ag.ones(1)).requires_grad


def test_a_generator_is_in_the_mode_in_its_own_steps_only() -> None:
    """Decorated bare, as a partial, as an object that is called; with what is sent, thrown and returned handed through."""

    def plain(start: int = 1) -> Any:
        got = []
        try:
            while len(got) < 2:
                got.append((yield start + len(got), is_grad_enabled()))
        except KeyError as error:
            got.append(error.args[0])
            yield "caught", is_grad_enabled()
        finally:
            got.append(is_grad_enabled())
        return got

    class Giving:
        def __call__(self, start: int = 1) -> Any:
            return plain(start)

    class Generating:
        def __call__(self, start: int = 1) -> Any:
            return (yield from plain(start))

    for off in (no_grad, no_grad(), lambda f: set_grad_enabled(False)(f)):
        for function in (plain, partial(plain, 1), Generating().__call__, Generating(), partial(Generating(), 1)):
            steps = off(function)()
            assert inspect.isgenerator(steps) and is_grad_enabled()
            assert next(steps) == (1, False) and is_grad_enabled()
            assert steps.send("a") == (2, False) and is_grad_enabled()
            assert steps.throw(KeyError("b")) == ("caught", False) and is_grad_enabled()
            with pytest.raises(StopIteration) as end:
                next(steps)
            assert end.value.value == ["a", "b", False] and is_grad_enabled()
    steps = no_grad()(plain)(1)
    next(steps)
    steps.close()
    assert steps.gi_frame is None and is_grad_enabled()
    assert next(no_grad(Giving())(1)) == (1, True)  # it makes a generator and is none


def test_coroutines_are_in_the_mode_in_their_own_steps_only() -> None:
    async def twice(n: int, seen: list[bool]) -> int:
        for _ in range(3):
            seen.append(is_grad_enabled())
            await asyncio.sleep(0)
            seen.append(is_grad_enabled())
        return 2 * n

    async def both() -> Any:
        on: list[bool] = []
        off: list[bool] = []
        assert inspect.iscoroutinefunction(no_grad(twice)) and inspect.iscoroutinefunction(no_grad(partial(twice, 1)))
        results = await asyncio.gather(no_grad(twice)(1, off), twice(2, on), ag.detect_anomaly(partial(twice, 3))(on))
        return results, set(on), set(off)

    assert asyncio.run(both()) == ([2, 4, 6], {True}, {False}) and not NONDEFAULT


def test_what_cannot_be_decorated_is_refused_in_words() -> None:
    async def numbers() -> Any:
        yield 1

    for off in (no_grad, no_grad(), set_grad_enabled(True), ag.detect_anomaly, ag.at_one_place(), record_lines(False)):
        with pytest.raises(TypeError, match="the function numbers is an asynchronous generator: put with blocks inside"):
            off(numbers)
        with pytest.raises(TypeError, match="the class Linear cannot be decorated: decorate its methods"):
            off(nn.Linear)
    for kind in (classmethod, staticmethod):
        with pytest.raises(TypeError, match=f"a {kind.__name__} cannot be decorated: put the decorator below @{kind.__name__}"):
            no_grad(kind(numbers))
    with pytest.raises(TypeError, match="a function to decorate was expected, got int 3"):
        no_grad(3)  # type: ignore[arg-type]


BLOCKS: list[Callable[[], Any]] = [no_grad, enable_grad, record_lines, lambda: set_grad_enabled(True), lambda: set_grad_enabled(False),
                                   ag.detect_anomaly, ag.at_one_place, lambda: Call(mode)]  # fmt: skip


def mode() -> Any:
    inner = here.inside[-1]
    return (
        is_grad_enabled(),
        inner.off,
        inner.lines,
        inner.watch,
        inner.place,
        len(here.inside),
        len(running()),
        np.geterr(),
        len(NONDEFAULT),
    )


@pytest.mark.parametrize("block", range(len(BLOCKS) - 1))  # a call is given after it was entered, by a line that is not interrupted
@pytest.mark.parametrize("around", [nullcontext, no_grad, enable_grad])
def test_an_interrupt_anywhere_in_a_block_leaves_the_mode_around_it_as_it_was(block: int, around: Any) -> None:
    """Raised, as Ctrl-C might be, at the k-th beginning of a function or line inside this package, for every k."""
    make = BLOCKS[block]
    for at in range(1, 200):
        steps = [0]

        def tracer(frame: Any, event: str, arg: Any, at: int = at, steps: list[int] = steps) -> Any:
            if not frame.f_code.co_filename.startswith(PACKAGE) or frame.f_code.co_flags & inspect.CO_GENERATOR:
                return None  # of a generator, a tracer would end what Ctrl-C is raised in: see the next test
            if event in ("call", "line"):
                steps[0] += 1
                if steps[0] == at:
                    raise KeyboardInterrupt
            return tracer

        with around():
            before, trace, done = mode(), sys.gettrace(), False
            sys.settrace(tracer)
            try:
                with make():
                    pass
                done = True
            except KeyboardInterrupt:
                pass
            finally:
                sys.settrace(trace)
            if not isinstance(make(), set_grad_enabled | record_lines):  # which may have been a call, and holds until the block around ends
                assert mode() == before
            here.inside[-1:] = [here.inside[-1]]
        if around is nullcontext:
            set_grad_enabled(True), record_lines(False)
        assert mode() == (True, False, False, None, None, 1, 0, np.geterr(), 0)
        if done:
            break
    assert at > 4


class Pending:
    """``Pending() + SIGINT`` presses Ctrl-C so that it arrives at the next place where Python looks: no call returns before."""

    __add__ = staticmethod(signal.raise_signal)


@pytest.mark.parametrize("block", range(len(BLOCKS)))
def test_ctrl_c_that_arrives_as_a_block_ends_ends_it_none_the_less(block: int) -> None:
    with no_grad():
        before = mode()
        for ending in (None, KeyError):
            guard = BLOCKS[block]()
            with pytest.raises(KeyboardInterrupt):
                with guard:
                    try:
                        {}[guard] if ending else None
                    finally:
                        Pending() + signal.SIGINT  # type: ignore[operator]
                pytest.fail("Ctrl-C did not arrive")
            assert mode() == before
    assert not NONDEFAULT and is_grad_enabled()


@pytest.mark.parametrize("block", range(len(BLOCKS)))
def test_a_block_may_be_entered_again_and_by_whoever(block: int) -> None:
    """The same object in itself, one after the other, in two threads, by an ExitStack, by hand."""
    outside, guard = mode(), BLOCKS[block]()
    with guard:
        inside = mode()[1:3]
        with guard, ExitStack() as stack:
            stack.enter_context(guard)
            assert mode()[1:3] == inside
        assert mode()[1:3] == inside
        thread = threading.Thread(target=lambda: seen.extend([mode()[1:3], guard.__enter__(), mode()[1:3], guard.__exit__(), mode()[1:3]]))
        seen: list[Any] = []
        thread.start()
        thread.join()
        assert seen[0] == seen[4] == (False, False) and seen[2] == inside
    with pytest.raises(KeyError), guard:
        raise KeyError
    assert mode() == outside


def test_an_exit_without_an_entry_is_an_error() -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="__exit__ was called without __enter__"):
            no_grad().__exit__(None, None, None)
    assert is_grad_enabled() and not NONDEFAULT


def test_a_call_inside_a_block_lasts_as_long_as_the_block() -> None:
    with no_grad():
        set_grad_enabled(True)
        record_lines()
        assert (is_grad_enabled(), here.inside[-1].lines) == (True, True)
        kept = set_grad_enabled(False)
        with enable_grad():
            with kept:  # the call is not the innermost: it stays
                assert not is_grad_enabled()
            assert is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled() and not NONDEFAULT
    set_grad_enabled(False)
    record_lines()
    assert not is_grad_enabled() and here.inside[-1].lines and NONDEFAULT
    set_grad_enabled(True)
    assert NONDEFAULT
    record_lines(False)
    assert not NONDEFAULT


def test_an_error_that_is_kept_keeps_no_thread_slow() -> None:
    with pytest.raises(ag.AnomalyError) as error, ag.detect_anomaly():
        Value(0.0).log()
    assert error.value and not NONDEFAULT


class watched(Block):  # noqa: N801
    def __init__(self, by: Watch) -> None:
        self.by = by

    def within(self, outer: Mode) -> Mode:
        return Mode(outer, outer.off, outer.lines, self.by, outer.place)


class Seen(Watch, list[Any]):
    """A watch that keeps what it sees."""

    def result(self, raw: Any, op: Any, args: tuple[Any, ...]) -> None:
        self.append((op.name, float(raw), len(args)))

    def walk(self, order: list[Any]) -> Iterable[Any]:
        self.append(len(order))
        return reversed(order)

    def pulls(self, n: Any, i: int, g: Any) -> None:
        self.append((n.op.name, i))


@pytest.mark.parametrize("face", [Value, lambda x: ag.tensor(x, requires_grad=True)], ids=["Value", "Tensor"])
def test_a_watch_sees_every_result_and_every_walk(face: Any) -> None:
    x, outer, inner = face(2.0), Seen(), Seen()
    c = x.detach()
    with watched(outer):
        y = (x + x).sqrt() * 3
        with no_grad():
            x * c
        with watched(inner):
            c - c
        y.backward()
    assert outer[:5] == [("+", 4, 2), ("sqrt", 2, 1), ("*", 6, 2), ("*", 4, 2), 4] and inner == [("-", 0, 2)]
    assert outer[5:] == [("*", 0), ("sqrt", 0), ("+", 0), ("+", 1)]
    assert y.requires_grad and not NONDEFAULT
    with pytest.raises(KeyError), watched(outer):
        raise KeyError
    assert not NONDEFAULT and float(x.grad) > 0


def test_recording_is_per_thread_and_restored_on_any_exit() -> None:
    seen: dict[str, bool] = {}

    def other() -> None:
        seen["other"] = ag.is_grad_enabled() and (Value(1.0) * 2).requires_grad

    with pytest.raises(KeyError), ag.no_grad():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert not ag.is_grad_enabled()
        with ag.enable_grad():
            assert (Value(1.0) * 2).requires_grad
        assert not (Value(1.0) * 2).requires_grad and not (ag.ones(1, requires_grad=True) * 2).requires_grad
        raise KeyError
    assert seen["other"] and ag.is_grad_enabled()


def test_inference_mode_is_no_grad_by_another_name() -> None:
    @ag.inference_mode
    def bare() -> bool:
        return ag.is_grad_enabled()

    @ag.inference_mode()
    def called() -> bool:
        return ag.is_grad_enabled()

    assert not bare() and not called() and ag.is_grad_enabled()
    with ag.inference_mode(mode=True):
        assert not ag.is_grad_enabled()
        with ag.inference_mode(False):
            assert ag.is_grad_enabled()
    with pytest.raises(TypeError, match="inference_mode: mode must be True or False"):
        ag.inference_mode("yes")

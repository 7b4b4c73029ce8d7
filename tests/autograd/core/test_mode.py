"""Recording on and off: call, block and decorator, nested, in threads, restored on any exit."""

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

import autograd as ag
from autograd import Value, enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from autograd.core.mode import NONDEFAULT, watched


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
    with no_grad():  # whoever switches next sees that the thread is gone
        pass
    assert not NONDEFAULT  # and nobody is slowed down
    assert is_grad_enabled() and (Value(1.0) * 2).requires_grad and (ag.ones(1, requires_grad=True) + ag.ones(1)).requires_grad


def test_a_generator_function_is_refused() -> None:
    with pytest.raises(TypeError, match="put the with block inside"):

        @no_grad
        def numbers() -> Iterator[bool]:
            yield is_grad_enabled()


class Seen(list[Any]):
    """A watch that keeps what it sees."""

    def result(self, raw: Any, op: Any, args: tuple[Any, ...]) -> None:
        self.append((op.name, float(raw), len(args)))

    def walk(self, order: list[Any]) -> Iterable[Any]:
        self.append(len(order))
        return reversed(order)

    def pulls(self, n: Any, i: int, g: Any) -> None:
        self.append((n.op.name, i))

    def walked(self) -> None:
        self.append("walked")


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
    assert outer[5:] == [("*", 0), ("sqrt", 0), ("+", 0), ("+", 1), "walked"]
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

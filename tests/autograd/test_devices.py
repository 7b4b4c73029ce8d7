"""Devices: the one that there is, by all its names, and every other refused in the same words, wherever one may be named."""

import copy
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import devices, tensor

ELSEWHERE = ["cuda", "cuda:0", "mps", "xpu", "meta", "cpux", "cpu:", "cpu:a", "", "gpu"]


def test_the_cpu_by_its_names() -> None:
    cpu, first = ag.device("cpu"), ag.device("cpu:0")
    assert (cpu.type, cpu.index, str(cpu), repr(cpu)) == ("cpu", None, "cpu", "device(type='cpu')")
    assert (first.type, first.index, str(first), repr(first)) == ("cpu", 0, "cpu:0", "device(type='cpu', index=0)")
    assert cpu == ag.device(cpu) == ag.device() and first == ag.device("cpu", 0) == ag.device(type="cpu", index=0)
    assert cpu != first and cpu != "cpu" and len({cpu, ag.device("cpu"), first}) == 2
    for copied in (pickle.loads(pickle.dumps(first)), copy.deepcopy(first)):
        assert copied == first
    with pytest.raises(AttributeError, match="cannot be changed"):
        cpu.type = "cuda"


@given(st.sampled_from(ELSEWHERE) | st.text().filter(lambda name: name.partition(":")[0] != "cpu"))
def test_another_device_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"there is no device .* here: everything is on the CPU"):
        ag.device(name)


@pytest.mark.parametrize("wrong", [0, None, 1.5, ["cpu"]])
def test_what_names_no_device(wrong: Any) -> None:
    with pytest.raises(TypeError, match='a device is named by a str such as "cpu", got'):
        ag.device(wrong)
    with pytest.raises((TypeError, ValueError)):
        ag.device("cpu:0", 1)


X, NET = tensor([0.25, 0.5]), nn.Linear(1, 1)
MAKERS: list[Callable[..., Any]] = [
    lambda **d: tensor([1.0], **d), lambda **d: ag.as_tensor([1.0], **d), lambda **d: ag.as_tensor(X, **d), lambda **d: ag.zeros(2, **d),
    lambda **d: ag.ones(2, **d), lambda **d: ag.empty(2, **d), lambda **d: ag.full((2,), 1.0, **d), lambda **d: ag.arange(3, **d),
    lambda **d: ag.linspace(0, 1, 3, **d), lambda **d: ag.eye(2, **d), lambda **d: ag.rand(2, **d), lambda **d: ag.randn(2, **d),
    lambda **d: ag.normal(0.0, 1.0, (2,), **d), lambda **d: ag.randint(0, 3, (2,), **d), lambda **d: ag.randperm(3, **d),
    lambda **d: ag.zeros_like(X, **d), lambda **d: ag.ones_like(X, **d), lambda **d: ag.empty_like(X, **d), lambda **d: ag.full_like(X, 1, **d),
    lambda **d: ag.rand_like(X, **d), lambda **d: ag.randn_like(X, **d), lambda **d: X.to(**d), lambda **d: ag.Generator(**d),
    lambda **d: X.to(d["device"]), lambda **d: NET.to(d["device"]).weight, lambda **d: ag.ValueTensor(X).to(d["device"]),
    lambda **d: nn.Linear(2, 1, **d).weight, lambda **d: nn.LazyLinear(2, **d)(X).detach(), lambda **d: nn.Embedding(2, 3, **d).weight,
    lambda **d: nn.BatchNorm1d(2, **d).running_mean, lambda **d: nn.LayerNorm(2, **d).weight, lambda **d: nn.PReLU(**d).weight,
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
def test_wherever_a_device_may_be_named(make: Callable[..., Any]) -> None:
    for place in ("cpu", "cpu:0", ag.device("cpu"), ag.get_default_device()):
        assert make(device=place).device.type == "cpu"
    state = ag.default_generator.get_state()
    with pytest.raises(ValueError, match="there is no device 'cuda' here: everything is on the CPU"):
        make(device="cuda")
    assert ag.default_generator.get_state() == state, "refused, and yet a number was drawn"


def test_the_default_device() -> None:
    for place in ("cpu", ag.device("cpu"), None):
        ag.set_default_device(place)
    with pytest.raises(ValueError, match="everything is on the CPU"):
        ag.set_default_device("cuda")
    assert ag.get_default_device() == ag.device("cpu") and not X.is_cuda and X.cpu() is X


def test_the_usual_line_of_a_program() -> None:
    device = ag.device("cuda" if ag.cuda.is_available() else "mps" if ag.backends.mps.is_available() else "cpu")
    net = nn.Linear(2, 1).to(device)
    assert net(ag.ones(3, 2, device=device).to(device, non_blocking=True)).device == device
    assert X.to(device, ag.float64).dtype == ag.float64 and X.to(device) is X


@pytest.fixture
def threads() -> Iterator[None]:
    """As many as there were, once the test ends."""
    before = ag.get_num_threads()
    yield
    devices._pools.cache_clear()
    ag.set_num_threads(before)


def test_threads_are_those_that_were_asked_for(threads: None) -> None:
    controller = pytest.importorskip("threadpoolctl").ThreadpoolController
    for n in (2, 1, 2):
        ag.set_num_threads(n)
        pools = controller().select(user_api="blas").info()
        assert ag.get_num_threads() == n and {pool["num_threads"] for pool in pools} == {n}
        assert (ag.ones(600, 600) @ ag.ones(600, 600) == 600).all()


@pytest.mark.parametrize(
    ("given", "told"), [({"OPENBLAS_NUM_THREADS": "3"}, 3), ({"OMP_NUM_THREADS": "5"}, 5), ({"OMP_NUM_THREADS": "0"}, 7), ({}, 7)]
)
def test_where_nobody_knows_the_threads_they_stay(threads: None, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: int) -> None:
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    devices._pools.cache_clear()
    ag.set_num_threads(2)
    assert ag.get_num_threads() == told


def test_what_is_asked_of_threads_and_products_is_checked() -> None:
    for precision in ("highest", "high", "medium"):
        assert ag.set_float32_matmul_precision(precision) is None
    for wrong, error in ((lambda: ag.set_num_threads(0), ValueError), (lambda: ag.set_num_threads(1.5), TypeError)):
        with pytest.raises(error, match="set_num_threads"):
            wrong()
    with pytest.raises(ValueError, match="'highest', 'high' or 'medium', got 'low'"):
        ag.set_float32_matmul_precision("low")

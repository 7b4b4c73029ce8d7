"""Names that are looked for and not found: what there is instead is said, and is true."""

import pkgutil
import re
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, Value, tensor
from autograd.elsewhere import INSTEAD, missing

OWNERS: dict[str, Any] = {"module 'autograd'": ag, "Tensor": ag.ones(2), "Value": Value(1.0)}
OWNERS |= {
    f"module {m.__name__!r}": m
    for m in (nn, nn.functional, nn.init, nn.optim, nn.optim.lr_scheduler, nn.data, nn.utils, ag.accelerator, ag.cuda, ag.linalg)
}


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in INSTEAD.items() for name in names])
def test_a_name_in_the_table_is_refused_in_its_words(owner: str, name: str) -> None:
    thing = OWNERS[owner]
    with pytest.raises(AttributeError) as error:
        getattr(thing, name)
    assert str(error.value) == f"{owner} has no attribute {name!r}; {INSTEAD[owner][name]}"
    assert not hasattr(thing, name) and getattr(thing, name, 7) == 7


@pytest.mark.parametrize(("owner", "told"), [(owner, text) for owner, names in INSTEAD.items() for text in dict.fromkeys(names.values())])
def test_what_there_is_instead_is_there(owner: str, told: str) -> None:
    for name in re.findall(r"(?<![\w.])\.(\w+)", told):
        assert hasattr(Tensor if owner == "Tensor" else ag.ones(1) if owner != "Value" else Value(1.0), name) or name == "vjps", told
    for path in re.findall(r"\b(?:autograd|nn)\.\w+(?:\.\w+)*", told):
        assert pkgutil.resolve_name(path) is not None, told
    for room, names in re.findall(r"from ([\w.]+) import ([\w, ]+)$", told):
        assert all(pkgutil.resolve_name(f"{room}.{name}") for name in names.removesuffix(" as F").split(", "))


def test_a_subclass_and_its_class_say_it_too() -> None:
    for thing in (ag.ValueTensor([1.0]), Tensor):
        with pytest.raises(AttributeError, match=r"Tensor has no attribute 'astype'; a dtype is changed by \.to"):
            thing.astype  # noqa: B018


def test_an_unknown_name_is_an_attribute_error_as_ever() -> None:
    assert str(missing("Tensor", "nonsense")) == "Tensor has no attribute 'nonsense'"
    for thing in OWNERS.values():
        with pytest.raises(AttributeError, match="nonsense"):
            thing.nonsense  # noqa: B018


def test_the_directory_shows_what_is_there() -> None:
    assert dir(ag) == ag.__all__ and not [name for name in dir(ag) if name.startswith("_") or not hasattr(ag, name)]
    for thing in (ag.ones(2), Value(1.0)):
        assert not {*INSTEAD[type(thing).__name__]} & {*dir(thing)}


SCENE = {
    "autograd": ag, "n": 2, "m": 3, "a": tensor([1.0, 2.0, 4.0]), "b": tensor([2.0, 2.0, 2.0]), "value": 0.5, "net": nn.Linear(2, 1),
    "LambdaLR": nn.optim.lr_scheduler.LambdaLR, "p": ag.zeros(2), "part": ag.ones(2),
}  # fmt: skip
WANTED: dict[str, Any] = {
    "repeat_interleave": [1.0, 1.0, 2.0, 2.0, 4.0, 4.0], "tile": [[1.0, 2.0, 4.0] * 3] * 2, "roll": [2.0, 4.0, 1.0], "cumprod": [1.0, 2.0, 8.0],
    "quantile": 4.0, "addcmul": [2.0, 4.0, 8.0], "addcmul_": [2.0, 4.0, 8.0], "addcdiv": [1.25, 2.5, 5.0], "addcdiv_": [1.25, 2.5, 5.0],
    "addmm": [15.0, 16.0, 18.0], "addmv": [15.0, 16.0, 18.0], "cdist": [3**0.5, 0.0, 12**0.5], "var_mean": [7 / 3] * 2, "std_mean": [(7 / 3) ** 0.5, 7 / 3],
    "histc": [3.0, 0.0], "normalize": [1 / 21**0.5, 2 / 21**0.5, 4 / 21**0.5], "asnumpy": [1.0, 2.0, 4.0], "to_list": [1.0, 2.0, 4.0],
    "parameters_to_vector": [*SCENE["net"].weight[0].tolist(), SCENE["net"].bias.item()], "vector_to_parameters": [1.0, 1.0],
    **dict.fromkeys(["cosine_similarity", "CosineSimilarity"], 14 / (21 * 12) ** 0.5), **dict.fromkeys(["pairwise_distance", "PairwiseDistance"], 5**0.5),
    "ConstantLR": [1 / 3] * 5 + [1.0], "PolynomialLR": [1.0, 0.8, 0.6, 0.4, 0.2, 0.0],
}  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "name"),
    [(o, name) for o, names in INSTEAD.items() for name, text in names.items() if name in WANTED and text.startswith("write ")],
)
def test_what_is_advised_runs_and_gives_what_was_looked_for(owner: str, name: str) -> None:
    advice = re.match(r"write (.+?)(?:, (?:or|which|where|with|for|of) .*)?$", INSTEAD[owner][name])
    assert advice is not None
    code = advice[1]
    scene = {**SCENE, "x": tensor([1.0, 2.0, 4.0]), "optimizer": nn.optim.SGD([ag.ones(1, requires_grad=True)], lr=1.0)}
    given = eval(f"x{code}" if code.startswith(".") else code, scene)
    if name == "histc":
        given = given.hist
    if isinstance(given, nn.optim.lr_scheduler.LRScheduler):
        given = _rates(given, scene["optimizer"], 6)
    np.testing.assert_allclose(given.tolist() if isinstance(given, Tensor) else given, WANTED[name], rtol=1e-6)


def _rates(scheduler: Any, optimizer: Any, epochs: int) -> list[float]:
    rates = []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_every_advice_to_write_something_was_run() -> None:
    told = {name for names in INSTEAD.values() for name, text in names.items() if text.startswith("write ")}
    assert told - WANTED.keys() == {"set_detect_anomaly", "detach_", "requires_grad_"}  # statements

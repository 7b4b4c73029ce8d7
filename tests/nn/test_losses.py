"""The loss modules hand their settings on: each gives what its function gives, for every reduction."""

import inspect
import math
from typing import Any

import pytest

import autograd as ag
import nn
from nn import functional as F

n, c = 6, 3
x, y = ag.randn(n, generator=ag.Generator().manual_seed(1)), ag.randn(n, generator=ag.Generator().manual_seed(2))
scores = ag.randn(n, c, generator=ag.Generator().manual_seed(3))
classes, logp = ag.tensor([0, 1, 2, 2, 1, -7]), scores.log_softmax(1)
p, bits, weight = ag.sigmoid(x), (y > 0).float(), ag.tensor([1.0, 2.0, 0.5])

CASES: list[tuple[Any, dict[str, Any], Any, Any, Any]] = [
    (nn.MSELoss, {}, F.mse_loss, x, y),
    (nn.L1Loss, {}, F.l1_loss, x, y),
    (nn.KLDivLoss, {}, F.kl_div, logp, scores.softmax(1)),
    (nn.KLDivLoss, {"log_target": True}, F.kl_div, logp, logp * 2),
    (nn.HuberLoss, {"delta": 0.3}, F.huber_loss, x, y),
    (nn.SmoothL1Loss, {"beta": 0.3}, F.smooth_l1_loss, x, y),
    (nn.HingeLoss, {"margin": 0.5}, F.hinge_loss, x, y.sign()),
    (nn.NLLLoss, {"weight": weight, "ignore_index": -7}, F.nll_loss, logp, classes),
    (nn.CrossEntropyLoss, {"weight": weight, "ignore_index": -7, "label_smoothing": 0.2}, F.cross_entropy, scores, classes),
    (nn.BCELoss, {"weight": y.abs()}, F.binary_cross_entropy, p, bits),
    (nn.BCEWithLogitsLoss, {"weight": y.abs(), "pos_weight": ag.tensor([3.0])}, F.binary_cross_entropy_with_logits, x, bits),
]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(("module", "settings", "function", "input", "target"), CASES, ids=[case[0].__name__ for case in CASES])
def test_module_and_function_agree(module: Any, settings: dict[str, Any], function: Any, input: Any, target: Any, reduction: str) -> None:
    got = module(**settings, reduction=reduction)(input, target)
    assert got.equal(function(input, target, **settings, reduction=reduction))
    if settings:
        assert not got.equal(function(input, target, reduction=reduction, **({"ignore_index": -7} if "ignore_index" in settings else {})))


@pytest.mark.parametrize(("module", "function"), [(case[0], case[2]) for case in CASES], ids=lambda f: f.__name__)
def test_the_settings_and_defaults_are_those_of_the_function(module: Any, function: Any) -> None:
    _, _, *settings = [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]
    assert settings == [(p.name, p.kind, p.default) for p in inspect.signature(module).parameters.values()]


@pytest.mark.parametrize("module", [case[0] for case in CASES], ids=lambda m: m.__name__)
def test_a_reduction_that_there_is_not_is_refused_when_the_loss_is_made(module: Any) -> None:
    with pytest.raises(ValueError, match=r"reduction must be 'none', 'mean'.* got 'avg'"):
        module(reduction="avg")
    assert "reduction='sum'" in repr(module(reduction="sum"))


def test_class_weights_follow_the_module() -> None:
    loss = nn.CrossEntropyLoss(weight)
    assert list(loss.state_dict()) == ["weight"] and loss.double().weight is not None and loss.weight.dtype == ag.float64
    assert list(nn.CrossEntropyLoss().state_dict()) == []
    with pytest.raises(ValueError, match="label_smoothing"):
        nn.CrossEntropyLoss(label_smoothing=2)


def test_the_divergence_has_a_mean_of_its_own() -> None:
    p, q = ag.tensor([[0.5, 0.5], [0.9, 0.1]]), ag.tensor([[0.25, 0.75], [0.0, 1.0]])
    exact = 0.25 * math.log(0.5) + 0.75 * math.log(1.5) + math.log(10)
    for reduction, value in (("batchmean", exact / 2), ("mean", exact / 4), ("sum", exact)):
        assert nn.KLDivLoss(reduction=reduction)(ag.log(p), q).item() == pytest.approx(value, rel=1e-6)
    with pytest.raises(ValueError, match="'none', 'mean', 'sum' or 'batchmean', got 'median'"):
        nn.KLDivLoss(reduction="median")
    with pytest.raises(ValueError, match="'none', 'mean' or 'sum', got 'batchmean'"):
        nn.MSELoss(reduction="batchmean")

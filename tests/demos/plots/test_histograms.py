"""Histograms say what numpy says, say what they leave out, and leave the model as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
import nn

pytest.importorskip("matplotlib")


from demos import plots
from tests.demos.looking import Emit, Look, X, extreme, few, numbers


@few
@given(
    st.lists(hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=5), elements=extreme), min_size=1, max_size=4),
    st.none() | st.just(True),
)
def test_histograms_say_what_numpy_says(look: Look, arrays: list[np.ndarray], log: bool | None) -> None:
    figure = look(plots.activation_histograms, nn.Sequential(*map(Emit, arrays)), X, "Emitted", log=log)
    assert len(figure.axes) == len(arrays)
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    for i, (axes, values) in enumerate(zip(figure.axes, arrays)):
        finite = values[np.isfinite(values)]
        said = "\n".join(text.get_text() for text in axes.texts)
        assert axes.get_ylabel() == f"{i}\nEmit"
        if finite.size:
            mean, std, zeros = numbers(axes.texts[-1].get_text() if "mean" in axes.texts[-1].get_text() else axes.texts[0].get_text())
            unit = abs(finite).max() or 1.0
            assert mean == pytest.approx(unit * (finite / unit).mean(), rel=6e-3, abs=unit * 1e-12)
            assert std == pytest.approx(unit * (finite / unit).std(), rel=6e-3, abs=unit * 1e-12)
            assert zeros == pytest.approx(100 * (values == 0).mean(), rel=6e-3)
        for count, kind in ((np.isnan(values).sum(), "NaN"), ((values == np.inf).sum(), " inf"), ((values == -np.inf).sum(), "−inf")):
            assert (f"{count} {kind.strip()}" in said) == bool(count)
        shares = sum(patch.get_data().values.sum() for patch in axes.patches)
        assert shares == pytest.approx(100 * (finite != 0).sum() / values.size)
        assert ("all are exactly 0" in said) == (not values.any())
        if shares and finite.size < values.size:  # the remark stands above the bars
            assert axes.get_ylim()[1] > 1.5 * max(patch.get_data().values.max() for patch in axes.patches)


@pytest.mark.parametrize("std", [0.01, 0.1])
def test_vanishing_signals_are_seen_on_one_axis(look: Look, std: float) -> None:
    net = nn.Sequential(*(m for _ in range(6) for m in (nn.Linear(100, 100, bias=False), nn.Tanh())))
    for weight in net.parameters():
        nn.init.normal_(weight, std=std)  # 0.1 is Xavier's for 100 inputs and outputs
    figure = look(plots.activation_histograms, net, ag.randn(50, 100), "Deep", kinds=nn.Tanh)
    assert [axes.get_ylabel() for axes in figure.axes] == [f"{i}\nTanh" for i in range(1, 12, 2)]
    assert ("magnitude" in figure.axes[-1].get_xlabel()) == (std == 0.01)
    if std == 0.01:
        peaks = []
        for axes in figure.axes:
            share, edges, _ = axes.patches[0].get_data()
            peaks.append(edges[share.argmax()])
        assert np.allclose(np.diff(peaks), -1, atol=0.35)  # each layer takes a factor of std * sqrt(100), a decade


def test_the_axis_is_logarithmic_from_a_factor_of_100_on_unless_told(look: Look) -> None:
    def logarithmic(ratio: float, **told: bool) -> bool:
        net = nn.Sequential(Emit(np.array([1.0, -0.5])), Emit(np.array([ratio, 0.0])))
        figure = look(plots.activation_histograms, net, X, "Two", **told)
        assert "activation" in figure.axes[-1].get_xlabel()
        return "magnitude" in figure.axes[-1].get_xlabel()

    assert not logarithmic(99) and logarithmic(101) and logarithmic(1 / 101) and not logarithmic(1 / 99)
    assert not logarithmic(101, log=False) and logarithmic(1, log=True)


@pytest.mark.parametrize("values", [[5.0, 6.0], [-3.0], [1e-5, 2e-5], [0.0, 1.0]])
def test_zero_is_on_the_axis_and_an_edge_of_a_bin(look: Look, values: list[float]) -> None:
    axes = look(plots.activation_histograms, Emit(values), X, "Values", log=False).axes[0]
    share, edges, _ = axes.patches[0].get_data()
    assert 0 in edges and axes.get_xlim() == (edges[0], edges[-1])
    assert share[edges[:-1] < 0].sum() == (100 if values[0] < 0 else 0)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e-7, ag.nan])
def test_one_value_has_its_place_on_a_logarithmic_axis(look: Look, value: float) -> None:
    axes = look(plots.activation_histograms, Emit([value]), X, "Value", log=True).axes[0]
    left, right = axes.get_xlim()
    assert right - left == pytest.approx(1, abs=0.05)
    if value and np.isfinite(value):
        assert left < np.log10(abs(value)) < right


def test_activations_are_copies_of_what_was_given_out_in_the_mode_the_model_is_in(look: Look) -> None:
    class Shift(nn.Module):
        def forward(self, x: ag.Tensor) -> ag.Tensor:
            assert not ag.is_grad_enabled()
            return x.add_(100)

    shared = nn.Identity()
    net = nn.Sequential(nn.ReLU(), Shift(), shared, nn.Dropout(1.0), shared)
    figure = look(plots.activation_histograms, net, ag.ones(3, 2), "Shifted")
    said = [axes.texts[-1].get_text().splitlines()[0] for axes in figure.axes]
    assert said == ["mean 1", "mean 101", "mean 101", "mean 0", "mean 0"]
    assert [axes.get_ylabel().split("\n")[-1] for axes in figure.axes] == ["ReLU", "Shift", "Identity", "Dropout", "Identity"]
    assert net.training and ag.is_grad_enabled()


def test_hooks_leave_also_when_the_model_raises(look: Look) -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU()), nn.Linear(4, 1))
    with pytest.raises(ValueError):
        plots.activation_histograms(look.path, net, X, "Misfit")
    assert not any(m._hooks for m in net.modules())
    net[2] = nn.Linear(3, 1)
    assert len(look(plots.activation_histograms, net, X, "Fit").axes) == 3
    assert not any(m._hooks for m in net.modules())


def test_gradients_by_the_names_of_their_parameters(look: Look) -> None:
    net = nn.MLP(2, [5, 4, 1])
    net[0].requires_grad_(False)
    net(X).sum().backward()
    net[2].bias.grad = None
    figure = look(plots.gradient_histograms, net, "Gradients")
    assert [axes.get_ylabel() for axes in figure.axes] == [name for name, _ in net.named_parameters()]
    said = {axes.get_ylabel(): "\n".join(text.get_text() for text in axes.texts) for axes in figure.axes}
    assert said["0.weight"] == said["0.bias"] == "no gradient: it is frozen" and said["2.bias"] == "no gradient"
    gradient = net[4].weight.grad.numpy()
    assert numbers(said["4.weight"]) == pytest.approx([gradient.mean(), gradient.std(), 100 * (gradient == 0).mean()], rel=6e-3)
    assert "gradient" in figure.axes[-1].get_xlabel()


def test_histograms_refuse_what_has_nothing_to_show(look: Look) -> None:
    class Reads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x: ag.Tensor) -> ag.Tensor:
            return x @ self.layer.weight

    function: Any = lambda x: x  # noqa: E731
    with pytest.raises(TypeError, match=r"activation_histograms looks into an nn.Module, got function"):
        plots.activation_histograms(look.path, function, X, "Function")
    with pytest.raises(TypeError, match=r"gradient_histograms looks into an nn.Module, got function"):
        plots.gradient_histograms(look.path, function, "Function")
    for net in (nn.Sequential(), Reads()):
        with pytest.raises(ValueError, match=f"{type(net).__name__} called none"):
            plots.activation_histograms(look.path, net, X, "Nothing")
    with pytest.raises(TypeError, match="draws tensors, but 1\nEmpty gave tuple"):
        empty = type("Empty", (nn.Module,), {"forward": lambda self, x: ()})
        plots.activation_histograms(look.path, nn.Sequential(nn.ReLU(), empty()), X, "Tuple")
    with pytest.raises(ValueError, match="no activation to draw: all 2 arrays are empty"):
        plots.activation_histograms(look.path, nn.MLP(2, [3, 1])[:2], X[:0], "Empty")
    with pytest.raises(ValueError, match=r"no gradient in 2 parameters; call backward\(\)"):
        plots.gradient_histograms(look.path, nn.Linear(2, 1), "Before")
    assert not look.path.exists()

"""The table of a network: its sums are the network's, everything counts once, and looking changes nothing."""

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor
from autograd.drawing.table import Row, Summary, summary

ACTIVATIONS = st.sampled_from([nn.ReLU, nn.Tanh, nn.Sigmoid, nn.Identity])


class Of(nn.Module):
    """A module with the given parts and forward."""

    def __init__(self, forward: Any, **parts: Any) -> None:
        super().__init__()
        self.run = forward
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *args: Any) -> Any:
        return self.run(self, *args)


@st.composite
def networks(draw: Any) -> nn.Module:
    """Sequentials of linear layers, activations, MLPs and Sequentials, all of one width, some parameters frozen."""
    width = draw(st.integers(1, 5))
    leaf = st.one_of(
        st.booleans().map(lambda bias: nn.Linear(width, width, bias=bias)),
        ACTIVATIONS.map(lambda kind: kind()),
        st.lists(st.integers(1, 6), max_size=3).map(lambda hidden: nn.MLP(width, [*hidden, width])),
        st.builds(nn.Dropout),
    )
    rows = st.recursive(leaf, lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda ms: nn.Sequential(*ms)), max_leaves=6)
    net = nn.Sequential(nn.Linear(3, width), draw(rows))
    for p in net.parameters():
        p.requires_grad_(draw(st.booleans()))
    return net


@given(networks(), st.integers(1, 4), st.none() | st.integers(0, 4))
def test_every_column_adds_up_to_the_network(net: nn.Module, batch: int, depth: int | None) -> None:
    s = summary(net, (batch, 3), depth=depth)
    whole = summary(net, ag.ones(batch, 3))
    parameters = list(net.parameters())
    assert s.total_parameters == sum(p.numel() for p in parameters) == sum(r.parameters for r in s.rows)
    assert s.trainable_parameters == sum(p.numel() for p in parameters if p.requires_grad) == sum(r.trainable for r in s.rows)
    assert s.parameter_bytes == sum(p.detach().numpy().nbytes for p in parameters)
    assert s.activation_bytes == sum(r.activations for r in s.rows) == whole.activation_bytes
    assert [(r.name, r.kind) for r in s.rows] == [(r.name, r.kind) for r in whole.rows if depth is None or r.depth <= depth]
    assert [(r.name, r.kind) for r in whole.rows] == [(name, type(m).__name__) for name, m in net.named_modules()]
    assert s.rows[0].inputs == ((batch, 3),)


@given(st.integers(1, 7), st.lists(st.integers(1, 9), min_size=1, max_size=5), ACTIVATIONS, st.booleans())
def test_activations_are_what_the_graph_keeps_for_the_backward_pass(nin: int, widths: list[int], activation: Any, double: bool) -> None:
    net = nn.MLP(nin, widths, activation=activation)
    net = net.double() if double else net
    x = ag.rand(4, nin, dtype=ag.float64 if double else ag.float32)
    kept = {id(n): n.raw.nbytes for n in ag.ancestors(net(x)) if not n.is_leaf}
    assert summary(net, x).activation_bytes == sum(kept.values())


def test_the_rows_of_a_perceptron() -> None:
    assert summary(nn.MLP(784, [128, 10]), (32, 784)).rows == (
        Row("", "MLP", "", 0, ((32, 784),), ((32, 10),), 0, 0, 0),
        Row("0", "Linear", "", 1, ((32, 784),), ((32, 128),), 784 * 128 + 128, 784 * 128 + 128, 32 * 128 * 4),
        Row("1", "ReLU", "", 1, ((32, 128),), ((32, 128),), 0, 0, 32 * 128 * 4),
        Row("2", "Linear", "", 1, ((32, 128),), ((32, 10),), 1290, 1290, 32 * 10 * 4),
    )


def first_column(s: Summary) -> list[str]:
    """The indented names, without head and total."""
    head, _, *rest = str(s).splitlines()
    width = head.index("input")
    return [line[:width].rstrip() for line in rest[: len(s.rows)]]


def test_several_inputs_and_outputs_and_modules_inside_modules() -> None:
    inner = Of(lambda m, x, y: {"sum": m.left(x) + y, "pair": (x, [y])}, left=nn.Linear(2, 3))
    net = Of(lambda m, x, y: (m.inner(x, y)["sum"].sum(), x), inner=inner)
    s = summary(net, (ag.ones(4, 2), ag.ones(4, 3)))
    assert first_column(s) == ["Of", "  inner: Of", "    left: Linear"]
    assert [(r.inputs, r.outputs) for r in s.rows] == [
        (((4, 2), (4, 3)), ((), (4, 2))),
        (((4, 2), (4, 3)), ((4, 3), (4, 2), (4, 3))),
        (((4, 2),), ((4, 3),)),
    ]
    assert [r.activations for r in s.rows] == [4, 48, 48]  # what is an input, or comes from the child, is not counted again
    assert "scalar, 4×2" in str(s) and "4×3, 4×2, 4×3" in str(s)
    assert summary(Of(lambda m: ag.ones(2)), ()).rows[0][4:6] == ((), ((2,),))  # no arguments at all


def test_a_module_called_twice_counts_once() -> None:
    layer = nn.Linear(3, 3)
    for net in (Of(lambda m, x: m.f(m.f(x)), f=layer), Of(lambda m, x: m.g(m.f(x)), f=layer, g=layer)):
        s = summary(net, (2, 3))
        assert first_column(s) == ["Of", "  f: Linear", "  f: Linear (reused)"]
        assert [r.parameters for r in s.rows] == [0, 12, 0]
        assert [r.activations for r in s.rows] == [0, 24, 24]
        assert s.total_parameters == 12


def test_a_tied_parameter_counts_once() -> None:
    net: Any = Of(lambda m, x: m.decoder(m.encoder(x)), encoder=nn.Linear(3, 3), decoder=nn.Linear(3, 3), idle=nn.Linear(3, 3))
    net.decoder.weight = net.idle.weight = net.encoder.weight
    s = summary(net, (2, 3))
    assert [(r.note, r.parameters) for r in s.rows] == [("", 0), ("", 12), ("reused: weight", 3), ("not called, reused: weight", 3)]
    assert s.total_parameters == sum(p.numel() for p in net.parameters()) == 18
    assert s.parameter_bytes == 18 * 4


def test_what_is_not_called_is_listed_where_it_belongs() -> None:
    head = nn.Sequential(nn.Linear(2, 5), nn.ReLU())
    layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    net = Of(lambda m, x: m.last(m.layers[1](x)), head=head, layers=layers, last=nn.ReLU())
    s = summary(net, (4, 2))
    assert first_column(s) == [
        "Of",
        "  layers.1: Linear",
        "  last: ReLU",
        "  head: Sequential (not called)",
        "    0: Linear (not called)",
        "    1: ReLU (not called)",
        "  layers.0: Linear (not called)",
    ]  # the ModuleList cannot be called, and is in the names
    assert s.total_parameters == sum(r.parameters for r in s.rows) == 15 + 6 + 6
    assert s.rows[3].inputs == s.rows[3].outputs == () and s.rows[3].activations == 0
    folded = summary(net, (4, 2), depth=1).rows
    assert [r.parameters for r in folded] == [0, 6, 0, 15, 6]


def test_what_is_not_called_stands_in_the_first_call_of_its_module() -> None:
    f = Of(lambda m, x: m.a(x), a=nn.ReLU(), idle=nn.Linear(2, 2))
    s = summary(Of(lambda m, x: m.f(m.f(x)), f=f, f1=nn.ReLU(), f10=nn.Tanh()), (1, 2))
    rest = ["  f: Of (reused)", "    a: ReLU (reused)", "  f1: ReLU (not called)", "  f10: Tanh (not called)"]
    assert first_column(s) == ["Of", "  f: Of", "    a: ReLU", "    idle: Linear (not called)", *rest]
    s = summary(Of(lambda m, x: m.f10(x), f10=nn.Tanh(), f1=nn.ReLU()), (1, 2))
    assert first_column(s) == ["Of", "  f10: Tanh", "  f1: ReLU (not called)"]  # which is not a part of f1


def test_parameters_of_what_only_holds_others_are_listed() -> None:
    holder = Of(None, inner=nn.Linear(2, 2), scale=nn.Parameter(ag.ones(3)))
    s = summary(Of(lambda m, x: m.holder.inner(x), holder=holder), (1, 2))
    assert first_column(s) == ["Of", "  holder.inner: Linear", "  holder: Of (not called)"]
    assert sum(r.parameters for r in s.rows) == s.total_parameters == 9


def test_a_model_whose_own_call_passes_by_the_hooks() -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.idle = nn.Linear(2, 2), nn.ReLU()

        def __call__(self, x: Tensor) -> Any:
            return self.layer(x)

    s = summary(Plain(), (1, 2))
    assert first_column(s) == ["layer: Linear", "idle: ReLU (not called)"] and s.total_parameters == 6


def costs(forward: Any, **parts: Any) -> int:
    """The activations of a module that is called on (a new array of 3 rows and 4 columns) by another."""
    s = summary(Of(lambda m, x: m.part(x * 2), part=Of(forward, **parts)), (3, 4))
    return s.rows[1].activations


def test_what_is_no_new_array_costs_nothing() -> None:
    assert costs(lambda m, x: x + 1) == 48
    assert costs(lambda m, x: (x + 1).T) == costs(lambda m, x: (x + 1)[:, :1]) == 48  # the whole array is kept alive
    assert costs(lambda m, x: (x + 1).sum(1, keepdim=True).expand(3, 100)) == 12
    assert costs(lambda m, x: (x + 1).split(2, 1)) == 48  # two views, one array
    assert costs(lambda m, x: (x + 1, x, x - 1)) == 96
    assert costs(lambda m, x: x) == costs(lambda m, x: x.T) == costs(lambda m, x: x.add_(1)) == costs(lambda m, x: None) == 0
    assert (
        costs(lambda m, x: m.weight, weight=nn.Parameter(ag.ones(9)))
        == costs(lambda m, x: m.weight[0], weight=nn.Parameter(ag.ones(9)))
        == 0
    )
    for layer, cost in [(nn.Identity(), 0), (nn.Flatten(0), 0), (nn.Dropout(0.5).eval(), 0), (nn.Dropout(0.5), 48), (nn.ReLU(), 48)]:
        assert costs(lambda m, x: m.layer(x), layer=layer) == 0  # a container that hands on what it got
        assert summary(nn.Sequential(nn.Linear(4, 4), layer), (3, 4)).activation_bytes == 48 + cost
        assert summary(layer, (3, 4)).activation_bytes == cost


def test_memory_of_buffers_and_of_other_dtypes() -> None:
    net = nn.Linear(3, 5).double()
    net.register_buffer("mean", ag.zeros(7))
    net.register_buffer("count", ag.zeros(2, dtype=ag.int64), persistent=False)
    s = summary(net, ag.ones(2, 3, dtype=ag.float64))
    assert (s.parameter_bytes, s.buffer_bytes, s.activation_bytes) == (20 * 8, 7 * 4 + 2 * 8, 10 * 8)
    assert "memory: parameters 160 B, buffers 44 B, activations 80 B" in str(s)


def state(net: nn.Module) -> Any:
    generators = [ag.default_generator, *(m.generator for m in net.modules() if isinstance(m, nn.Dropout) and m.generator)]
    hooks = [dict(h) for m in net.modules() for h in (m._hooks, m._pre_hooks)]
    grads = [p.grad if p.grad is None else p.grad.tolist() for p in net.parameters()]
    return (
        [g.get_state() for g in generators],
        hooks,
        grads,
        [m.training for m in net.modules()],
        repr(net.state_dict()),
        ag.is_grad_enabled(),
    )


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("grad_mode", [False, True])
@pytest.mark.parametrize("color", ["auto", "value", "saturation"])
def test_looking_changes_nothing(fails: bool, grad_mode: bool, color: str) -> None:
    def last(m: Any, x: Any) -> Any:
        if fails:
            raise ZeroDivisionError
        seen.append(ag.is_grad_enabled())
        return ag.rand(1) + x

    seen: list[Any] = []
    net = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 4), nn.Dropout(0.5, generator=ag.Generator()), nn.Dropout(0.1).eval(), Of(last))
    net[1].register_forward_hook(lambda m, args, output: seen.append("after"))
    net[1].register_forward_pre_hook(lambda m, args: seen.append("before"))
    loss = (net[1](ag.ones(2, 4)) ** 2).sum()
    loss.backward(retain_graph=True)
    seen.clear()
    x = ag.rand(2, 4, requires_grad=True)
    with ag.set_grad_enabled(grad_mode):
        before = state(net)
        if fails:
            with pytest.raises(ZeroDivisionError):
                summary(net, x, color=color)
        else:
            summary(net, x, color=color)
        assert state(net) == before
    recorded = color == "saturation"  # what is needed to find the activations, and let go
    assert seen == ["before", "after"] + [recorded] * (not fails)  # hooks of others work meanwhile
    assert x.grad is None and x.is_leaf
    loss.backward()  # nothing that the graph saved counts as changed


def test_a_lazy_layer_learns_its_width_as_in_any_first_call() -> None:
    def lazy() -> nn.Module:
        return nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(2))

    ag.manual_seed(3)
    net, other = lazy(), lazy()
    s = summary(net, (5, 3))
    assert [(r.kind, r.parameters, r.activations) for r in s.rows[1:]] == [("Linear", 16, 80), ("ReLU", 0, 80), ("Linear", 10, 40)]
    assert s.total_parameters == 26
    summary(other, (5, 3))
    assert repr(other.state_dict()) != repr(net.state_dict())  # the generator moved on with the weights
    ag.manual_seed(3)
    called, _ = lazy(), lazy()
    called(ag.zeros(5, 3))
    assert repr(net.state_dict()) == repr(called.state_dict())
    assert len(summary(nn.LazyLinear(2), (1, 3)).rows) == 1
    before = ag.default_generator.get_state()
    summary(nn.Sequential(net, nn.Dropout(0.5)), (5, 3))
    assert ag.default_generator.get_state() == before  # by now it is a network like any other


def test_a_call_that_failed_and_was_caught() -> None:
    def forward(m: Any, x: Any) -> Any:
        try:
            return m.wrong(x)
        except ValueError:
            return m.right(x)

    net = Of(forward, wrong=nn.Sequential(nn.ReLU(), nn.Linear(7, 7)), right=nn.Linear(2, 2))
    assert first_column(summary(nn.Sequential(net, nn.Tanh()), (1, 2))) == [
        "Sequential",
        "  0: Of",
        "    wrong.0: ReLU",
        "    right: Linear",
        "    wrong.1: Linear (not called)",
        "  1: Tanh",
    ]


def test_frozen_parameters_have_a_column_where_there_are_any() -> None:
    net = nn.MLP(2, [3, 1])
    assert "frozen" not in str(summary(net, (1, 2))) and "frozen" not in summary(net, (1, 2))._repr_html_()
    net[0].requires_grad_(False)
    text = str(summary(net, (1, 2)))
    assert re.search(r"0: Linear +1×2 +1×3 +9 +9 +12 B\n", text) and re.search(r"2: Linear +1×3 +1×1 +4 +– +4 B\n", text)
    assert re.search(r"total +13 +9 +28 B\n", text) and "trainable: 4 of 13 parameters" in text


def rms(*arrays: Any) -> float:
    return float(np.sqrt(np.mean(np.concatenate([np.asarray(a, np.float64).reshape(-1) for a in arrays]) ** 2)))


@given(networks(), st.none() | st.integers(0, 2))
def test_after_a_backward_each_row_has_the_size_of_its_gradients(net: nn.Module, depth: int | None) -> None:
    assert "rms grad" not in str(summary(net, (4, 3)))
    net[0].requires_grad_(True)
    net(ag.rand(4, 3)).sum().backward()
    s = summary(net, (4, 3), depth=depth)
    having = [p for p in net.parameters() if p.grad is not None]
    grads = [p.grad.numpy() for p in having if p.grad is not None]
    assert s.gradient is not None and s.gradient.rms == pytest.approx(rms(*grads))
    assert s.ratio is None or s.ratio == pytest.approx(rms(*grads) / rms(*(p.detach().numpy() for p in having)))
    sizes = [r.gradient for r in s.rows if r.gradient is not None]
    assert sum(g.size for g in sizes) == s.gradient.size == sum(g.size for g in grads)
    assert sum(g.size * g.rms**2 for g in sizes) == pytest.approx(s.gradient.size * s.gradient.rms**2)
    for r in s.rows if depth is None else ():
        own = list(dict(net.named_modules())[r.name].parameters(recurse=False))
        if r.gradient is not None and not r.note:
            assert r.gradient.rms == pytest.approx(rms(*(p.grad.numpy() for p in own if p.grad is not None)))


def test_gradients_are_said_in_words_and_coloured_on_a_page() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU())
    for layer, size in zip(net, (1e-6, float("nan"), 0.0, 1.0)):
        layer.weight.data.fill_(2.0)
        layer.weight.grad = ag.full((2, 2), size)
    s = summary(net, (1, 2))
    rows = [line.split("  ")[-2:] for line in str(s).splitlines()[3:8]]
    ends = [re.split("  +", line)[-2:] for line in str(s).splitlines()[3:8]]
    assert ends == [["1e−6", "5e−7"], ["✗ 100 % not finite", "–"], ["all zero", "0"], ["1", "0.5"], ["–", "–"]], rows
    assert "rms grad: of the gradients" in str(s)
    colours = re.findall(r"background:rgba\((\d+,\d+,\d+),(?!0.00)", s._repr_html_())
    assert colours == ["240,150,20", "220,40,30"]  # what has vanished, and what is not finite
    plain = summary(nn.Linear(2, 2), (1, 2))
    assert plain.gradient is plain.ratio is None and "rgba(240" not in plain._repr_html_()


class Bent(nn.Module):
    """Activations that are modules, and one that is none."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.tanh = nn.Linear(8, 8), nn.Tanh()
        self.rest = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return self.rest((3 * self.tanh(self.fc(20 * x))).tanh())


def test_color_says_what_the_last_columns_are_of() -> None:
    ag.manual_seed(0)
    net, x = Bent(), ag.randn(32, 8)
    net.requires_grad_(False)  # what activations do is seen all the same
    inner = net.tanh(net.fc(20 * x))
    flat = {"tanh": 1 - inner.numpy() ** 2, "": 1 - (3 * inner).tanh().numpy() ** 2}

    def column(color: Any, depth: int | None = None) -> dict[str, str]:
        s = summary(net, x, color=color, depth=depth)
        return {r.name: line.split()[-1] for r, line in zip(s.rows, str(s).splitlines()[2:])}

    share_of = {name: (slope < 1 / 20).mean() for name, slope in flat.items()}
    found = summary(net, x, color="saturation")
    rows = {r.name: r.saturated for r in found.rows}
    assert {name: rows[name] for name in flat} == pytest.approx(share_of) and min(share_of.values()) > 0.3
    assert [name for name, s in rows.items() if s is None] == ["fc", "rest", "rest.0"]
    folded = summary(net, x, color="saturation", depth=0).rows[0].saturated  # all are of one size:
    assert folded == found.saturated == pytest.approx(np.mean([s for s in rows.values() if s is not None]))

    values = {r.name: r.value for r in summary(net, x, color="value").rows}
    assert values["tanh"] is not None and values["tanh"].rms == pytest.approx(rms(inner.numpy()), rel=1e-4)
    assert column({net.fc: 3.0, net.rest[0].weight: -1.5}) == {**dict.fromkeys(column("value"), "–"), "fc": "3", "rest.0": "−1.5"}
    assert column({net.rest[0]: float("nan")}, depth=1)["rest"] == "nan"

    assert "rms grad" in str(summary(net, x, color="grad")) and "no parameter has a gradient" in str(summary(net, x, color="grad"))
    net.requires_grad_(True)
    net(x).sum().backward()
    assert str(summary(net, x)) == str(summary(net, x, color="grad")) != str(summary(net, x, color=None))
    assert "grad" not in str(summary(net, x, color=None))
    pages = {color: summary(net, x, color=color)._repr_html_() for color in ("grad", "value", "saturation")}
    for color, title in (("grad", "rms of the gradient"), ("value", "rms of the output"), ("saturation", "share of flat entries")):
        assert title in pages[color] and "linear-gradient" in pages[color]  # the strip
    assert "240,150,20,0.5" in pages["saturation"]


class Cells(HTMLParser):
    """The texts of the cells, line by line, and the tags that were met."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)
        if tag == "tr":
            self.lines.append([])
        if tag in ("td", "th"):
            self.lines[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.lines[-1][-1] += data


def columns(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_the_html_has_the_cells_of_the_text() -> None:
    net = nn.MLP(3, [2000, 1], dropout=0.5)
    net[0].requires_grad_(False)
    s = summary(net, (2, 3))
    cells = Cells(s._repr_html_())
    assert cells.tags == {"div", "table", "tr", "td", "th", "p", "br"}
    texts = [line for line in str(s).split("\n\n")[0].splitlines() if "─" not in line]
    assert [re.split("  +", line.strip()) for line in texts] == [[c for c in line if c] for line in cells.lines]
    styles = re.findall(r"padding:.25em .8em .25em (.*?)em;text-align:(\w+)", s._repr_html_())
    assert [styles[i :: len(texts[0].split())] for i in (0, 1, 3)] == [
        [(indent, "left") for indent in ("0.8", "0.8", *["2.2"] * 4, "0.8")],
        [("0.8", "left")] * 7,
        [("0.8", "right")] * 7,
    ]
    for note in str(s).split("\n\n")[1].splitlines():
        assert note in s._repr_html_()


NAMES = st.text(min_size=1, max_size=30).filter(lambda name: "." not in name and not hasattr(nn.Sequential, name))


@given(st.dictionaries(NAMES, NAMES.filter(lambda kind: "\0" not in kind), max_size=4))
def test_any_name_is_aligned_and_escaped(kinds: dict[str, str]) -> None:
    s = summary(nn.Sequential({name: type(kind, (nn.ReLU,), {})() for name, kind in kinds.items()}), (1, 2))
    lines = str(s).split("\n\n")[0].split("\n")
    assert len(lines) == 1 + len(kinds) + 4
    assert len({columns(line) for line in lines}) == 1
    cells = Cells(s._repr_html_())
    assert cells.tags <= {"div", "table", "tr", "td", "th", "p", "br", "span"}
    for (name, kind), line, row in zip(kinds.items(), lines[3:], cells.lines[2:]):
        assert line.isprintable() and line.startswith(f"  {row[0]}  ")
        assert row[0] == f"{name}: {kind}" or not f"{name}{kind}".isprintable()


def test_a_name_cannot_break_out() -> None:
    evil = type("<script>alert(1)</script>", (nn.ReLU,), {})()
    s = summary(nn.Sequential({'"><img src=x onerror=alert(1)>': evil, "two\nlines\u202e": nn.ReLU()}), (1, 2))
    html = s._repr_html_()
    assert "<script" not in html and "<img" not in html and "&lt;script&gt;" in html
    assert "two\\nlines\\u202e: ReLU" in str(s) and "two\\nlines\\u202e: ReLU" in html


def test_units_and_separators() -> None:
    def memory(n: int) -> str:
        return re.search("activations (.*)", str(summary(Of(lambda m: ag.zeros(n, dtype=ag.uint8)), ())).split("memory")[1])[1]  # type: ignore[index]

    sizes = {0: "0 B", 999: "999 B", 1000: "1.0 kB", 16_384: "16.4 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 2_345_678: "2.3 MB"}
    assert {n: memory(n) for n in sizes} == sizes
    s = summary(nn.Linear(1000, 1234), (1, 1000))
    assert "1,235,234" in str(s) and "trainable: 1,235,234 of 1,235,234 parameters" in s._repr_html_()
    assert max(map(len, str(s).splitlines())) <= 100


def test_what_cannot_be_summarised_is_refused() -> None:
    net = nn.MLP(2, [1])
    for model, got in [(net.scalars(), "ScalarNetwork; of a network of Values"), (nn.MLP, r"the class MLP \(write MLP"), (len, "builtin")]:
        with pytest.raises(TypeError, match=rf"summary takes a module, with named_modules.*; got {got}"):
            summary(model, (1, 2))
    for wrong in ([1, 2], np.ones((1, 2)), 3, None):
        with pytest.raises(TypeError, match=rf"a tuple of arguments, or a shape such as .*, got {type(wrong).__name__}"):
            summary(net, wrong)
    for color, words in (("loss", "color must be one of"), ({nn.Linear(1, 1): 1.0}, "modules and parameters of this model, got Linear")):
        with pytest.raises(ValueError, match=words):
            summary(net, (1, 2), color=color)
    for depth in (-1, 1.0, True, "1"):
        with pytest.raises(ValueError, match="depth is None or an int >= 0"):
            summary(net, (1, 2), depth=depth)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative"):
        summary(net, (-1, 2))
    assert summary(Of(lambda m, a, b: None), (True, False)).rows[0].inputs == ()  # two arguments, no shape

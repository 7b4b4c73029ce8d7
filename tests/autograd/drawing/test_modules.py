"""Modules as frames and as boxes: what folds, how far, and with whom."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import draw
from tests.autograd.drawing.texts import arrows, boxes, mlp


def test_modules_are_frames() -> None:
    net, loss = mlp()
    source = draw(loss, names=net).source
    for text in ('"0.weight\\n', "tensor 3×4", "tensor 5×2", "linear", "relu", '"2.bias\\n'):
        assert text in source
    assert re.findall(r'cluster_\d+ { label="([^"]*)"', source) == ["net: Sequential", "0: Linear", "1: ReLU", "2: Linear"]
    assert "cluster" not in draw(loss, modules=False).source
    assert draw(loss, names=net.named_parameters()).source == draw(loss).source == source


def test_depth_folds_modules() -> None:
    net, loss = mlp()
    one = draw(loss, depth=0).source
    assert boxes(one, "m") == {"m3": "net: Sequential/5×4 → 5×2/23 parameters"}
    assert len(boxes(one)) == 4 and "cluster" not in one
    three = draw(loss, depth=1).source
    assert list(boxes(three, "m").values()) == [
        "0: Linear/5×4 → 5×3/15 parameters", "1: ReLU/5×3 → 5×3", "2: Linear/5×3 → 5×2/8 parameters",
    ]  # fmt: skip
    assert draw(loss, depth=5).source == three
    kinds = [re.search(rf"{id} .*fillcolor=\"(\S+)\"", three)[1] for id in ("m3", "m4", "m7")]  # type: ignore[index]
    assert kinds[0] == kinds[2] != kinds[1]  # with parameters and without
    for _ in range(2):
        assert [a for a in arrows(three) if "m" in a[0] + a[1]][:3] == [("v0", "m3"), ("m3", "m4"), ("m4", "m7")]
    del net


def test_an_output_of_a_folded_module_keeps_its_box() -> None:
    net, _ = mlp()
    y = net(ag.ones(5, 4))
    source = draw(y, depth=0).source
    assert list(boxes(source).values()) == ["tensor 5×4", "y/tensor 5×2"] and ("m3", "v7") in arrows(source)


def test_repeats_fold_only_in_sequence_and_of_one_class_and_shape() -> None:
    def titles(*layers: nn.Module) -> list[str]:
        net = nn.Sequential(*layers)
        y = net(ag.ones(2, 4)).sum()
        return [label.split("/")[0] for label in boxes(draw(y, depth=1).source, "m").values()]

    same = [nn.Linear(4, 4) for _ in range(12)]
    assert titles(*same) == ["Linear × 12"]
    assert titles(*same[:2], nn.Tanh(), *same[2:4]) == ["Linear × 2", "2: Tanh", "Linear × 2"]
    assert titles(nn.Linear(4, 3), nn.Linear(3, 3), nn.Linear(3, 4)) == ["0: Linear", "1: Linear", "2: Linear"]

    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            h = self.a(x)
            return self.b(h) + h

    y = Skip()(ag.ones(2, 4)).sum()
    assert len(boxes(draw(y, depth=1).source, "m")) == 2  # h is used twice
    y = nn.Sequential(Skip(), Skip())(ag.ones(2, 4)).sum()
    assert len(boxes(draw(y, depth=2).source, "m")) == 4


def test_scalars_of_a_network_fold_by_layer() -> None:
    twin = nn.MLP(4, [16, 16, 1]).scalars()
    y = twin([1.0, 2.0, 3.0, 4.0])
    found = boxes(draw(y).source, "m")
    assert [label.split(": ")[1] for label in found.values()] == [
        "Linear/4 → 16/80 parameters", "ReLU/16 → 16", "Linear/16 → 16/272 parameters", "ReLU/16 → 16",
        "Linear/16 → 1/17 parameters",
    ]  # fmt: skip


def test_what_has_nothing_in_it_folds_with_its_neighbours() -> None:
    net, score = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), nn.MSELoss()
    loss = score(net(ag.ones(3, 2)), ag.ones(3, 2))
    assert {label.split("/")[0] for label in boxes(draw(loss, depth=1).source, "m").values()} == {"0: Linear", "1: Tanh", "score: MSELoss"}
    assert 'label="score: MSELoss" ' not in draw(loss, depth=1).source  # no frame around a box


@pytest.mark.parametrize("between", ["nothing", "relu", "branches"])
def test_folded_modules_make_no_loop(between: str) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(1, 1), nn.Linear(1, 1)

        def forward(self, x: Any) -> Any:
            if between == "branches":
                return ag.tanh(self.a(x)) + ag.tanh(self.b(x))
            return self.b(self.a(x).relu() if between == "relu" else self.a(x))

    two = Two()
    source = draw(two(ag.ones(1, 1)).sum(), depth=1).source
    assert len(boxes(source, "m")) == (1 if between == "nothing" else 2)
    reached: dict[str, set[str]] = {}
    for a, b in arrows(source):
        reached.setdefault(a, set()).add(b)
    for start in reached:
        stack, seen = [start], set()
        while stack:
            for b in reached.get(stack.pop(), ()):
                assert b != start, f"a loop through {start}"
                if b not in seen:
                    seen.add(b)
                    stack.append(b)


def test_modules_of_another_class_or_size_do_not_fold_together() -> None:
    net = nn.Sequential(nn.Tanh(), nn.ReLU(), nn.Linear(2, 2), nn.Linear(2, 2, bias=False), nn.Linear(2, 3))
    y = net(ag.ones(1, 2, requires_grad=True)).sum()
    assert len(boxes(draw(y, depth=1).source, "m")) == 5
    pair = nn.Sequential(nn.ReLU(), nn.ReLU())
    x = ag.ones(2, requires_grad=True)
    middle = pair[0](x)
    assert len(boxes(draw([middle, pair[1](middle)], depth=0).source, "m")) == 2  # the first is an output, too


def test_a_module_that_is_called_twice_folds_with_its_parameters() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    source = draw(net(ag.ones(2, 4)).mean() + net(ag.ones(2, 4)).sum(), depth=0).source
    assert list(boxes(source, "m").values()) == ["net: Sequential/2×4 → 2×1/25 parameters"] * 2
    assert "weight" not in source


def test_a_network_of_values_that_is_called_twice_folds_with_its_parameters() -> None:
    twin = nn.MLP(3, [4, 1]).scalars()
    y = twin([2.0, 3.0, -1.0]) - twin([3.0, -1.0, 0.5])
    labels = list(boxes(draw(y, depth=1).source, "m").values())
    assert [label.split(": ")[1] for label in labels] == ["Linear/3 → 4/16 parameters", "ReLU/4 → 4", "Linear/4 → 1/5 parameters"] * 2
    assert "weight" not in draw(y, depth=1).source


def test_an_input_that_goes_twice_through_one_module_keeps_its_box() -> None:
    net, x = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), ag.ones(3, 2, requires_grad=True)
    source = draw((net(x) + net(x)).sum(), depth=1).source
    assert boxes(source)["v0"] == "x/tensor 3×2" and arrows(source).count(("v0", "m3")) == 1


def _frames(source: str) -> dict[str, str]:
    """The frame that each box stands in, by the first line of its label."""
    found, stack = {}, [""]
    for line in source.splitlines():
        if frame := re.search(r'cluster_\d+ { label="([^"]*)"', line):
            stack.append(frame[1])
        elif line.strip() == "}" and len(stack) > 1:
            stack.pop()
        elif box := re.match(r'\s*v\d+ \[id=v\d+ label="([^"\\]*)', line):
            found.setdefault(box[1], stack[-1])
    return found


@pytest.mark.parametrize("layout", ["flow", "mirror"])
def test_parameters_and_masks_stay_in_their_modules_beside_recorded_gradients(layout: str) -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 2))
    l = nn.CrossEntropyLoss()(net(ag.ones(5, 4)), ag.zeros(5, dtype=ag.int64))
    gradients = ag.grad(l, list(net.parameters()), create_graph=True)
    frames = _frames(draw([l, *gradients], names=net, layout=layout).source)
    mask = next(name for name in frames if name.endswith("mask"))
    assert [frames[name] for name in ("0.weight", "3.weight", "3.bias", mask)] == ["0: Linear", "3: Linear", "3: Linear", "2: Dropout"]
    for depth in (0, 1):  # and in its box, which a rule that needs it has an arrow from
        source = draw([l, *gradients], names=net, layout="flow", depth=depth).source
        ids = {a for a, _ in arrows(source)} | {b for _, b in arrows(source)}
        assert not re.search(r"^\s*->", source, re.M) and all(f"{id} [id={id} " in source for id in ids if id[0] in "vmo")


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from([nn.Tanh, nn.ReLU, nn.Sigmoid, lambda: nn.Linear(3, 3)]), min_size=1, max_size=5),
    st.integers(1, 6),
    st.booleans(),
)
def test_rounds_of_modules_stand_once(kinds: list[Any], rounds: int, mirror: bool) -> None:
    """Whatever repeats, the picture has each look once, and no arrow turns back."""
    net = nn.Sequential(nn.Linear(2, 3), *[kind() for _ in range(rounds) for kind in kinds], nn.Linear(3, 1))
    source = draw(net(ag.ones(1, 2)).sum(), names=net, depth=1, layout="mirror" if mirror else "flow", color=None).source
    folded, title = boxes(source, "m"), re.search(r'label="\((.*?)\) × (\d+)"', source)
    if title:
        shown = title[1].split(" → ")
        assert 2 <= len(shown) <= 4 and int(title[2]) >= 3
        assert source.count(title[0]) == 1 + mirror
    parts = [label.split("/")[0] for label in folded.values()]
    assert parts[0] == "0: Linear" and f"{1 + rounds * len(kinds)}: Linear" in parts
    heads: dict[str, set[str]] = {}
    for tail, head in arrows(source):
        heads.setdefault(tail, set()).add(head)
    assert all(tail not in heads.get(head, ()) and tail != head for tail, head in arrows(source))
    if rounds >= 3 and 2 <= len(kinds) <= 4 and len(set(map(id, kinds))) == len(kinds):
        assert title and len(title[1].split(" → ")) == len(kinds) and int(title[2]) >= rounds - 1
        assert len(folded) <= len(kinds) + 4


def test_what_is_used_between_the_rounds_is_not_folded_away() -> None:
    net = nn.Sequential(*[m for _ in range(6) for m in (nn.Linear(3, 3), nn.Tanh())])
    x = ag.ones(1, 3)
    halves = [x := layer(x) for layer in net]
    source = draw((halves[5] + halves[-1]).sum(), names=net, depth=1).source
    assert source.count("(Linear → Tanh) × 3") == 2 and len(boxes(source, "m")) == 4


def test_rounds_that_a_mark_tells_apart_are_drawn_each() -> None:
    ag.manual_seed(0)
    net = nn.Sequential(*[m for _ in range(8) for m in (nn.Linear(4, 4), nn.ReLU())])
    loss = (net(ag.randn(16, 4)) ** 2).sum()
    for dead in (False, True):
        source = draw(loss, names=net, depth=1, color="grad").source
        assert ("(Linear → ReLU) × 8" in source) != dead and ("dead 4 of 4" in source) == dead
        net[6].bias.data.fill_(-50)
        loss = (net(ag.randn(16, 4)) ** 2).sum()


def test_what_a_formula_mentions_of_the_last_round_is_numbered_at_the_frame() -> None:
    net = nn.Sequential(*[m for _ in range(4) for m in (nn.Linear(3, 3), nn.Tanh())])
    source = draw((net(ag.ones(1, 3)) ** 2).sum(), names=net, depth=1, color=None).source
    (square,) = (label for label in boxes(source, "o").values() if "²" in label)
    assert f'label="{square[:-1]} = (Linear → Tanh) × 4"' in source

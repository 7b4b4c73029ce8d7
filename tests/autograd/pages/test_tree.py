"""Every node is in one place of the tree, and no place is too full to be looked at."""

from typing import Any

from hypothesis import given, settings

import autograd as ag
import nn
from autograd import Value
from autograd.core.node import Node
from autograd.pages.tree import MOST, Group, Tree
from autograd.program.reading import read, scopes
from tests.autograd.drawing.test_flow import graphs


def tree_of(output: Any, names: Any = None) -> Tree:
    reading = read(output, names)
    return Tree(reading, scopes(reading, names))


def layers(count: int) -> Tree:
    net = nn.Sequential(*[m for _ in range(count) for m in (nn.Linear(4, 4), nn.Tanh())])
    return tree_of(net(ag.ones(2, 4)).sum(), net)


def holds(tree: Tree) -> None:
    """What must be true of any tree."""
    nodes = [child for group in tree.groups for child in group.children if isinstance(child, Node)]
    assert sorted(map(tree.reading.number.__getitem__, nodes)) == [*range(len(tree.reading.nodes))]
    groups = [child for group in tree.groups for child in group.children if isinstance(child, Group)]
    assert {*groups, tree.whole} == {*tree.groups} and len(groups) + 1 == len(tree.groups)
    for group in tree.groups:
        assert group.children and len(group.children) <= MOST
        assert all(child.parent is group for child in group.children if isinstance(child, Group))
        inside = {*group.made, *group.leaves}
        below = [g for g in tree.groups if group in g.path()]
        assert inside == {n for g in below for n in g.children if isinstance(n, Node)}
        used = {a for n in group.made for a in tree.reading.args(n) if isinstance(a, Node)}
        assert {*group.into} == used - inside
        outside = [n for n in tree.reading.nodes if n not in inside]
        assert {*group.out} == inside & ({*tree.reading.roots} | {a for n in outside for a in tree.reading.args(n) if isinstance(a, Node)})


@settings(max_examples=20)
@given(graphs())
def test_each_node_is_in_one_place(graph: tuple[Value, list[Value]]) -> None:
    holds(tree_of(graph[0]))


def test_networks_of_all_sizes() -> None:
    for count in (1, 2, 5, 12, 13, 50):
        holds(layers(count))
    sizes = [nn.Linear(i + 2, i + 3) for i in range(70)]  # nothing repeats
    net = nn.Sequential(*sizes)
    holds(tree_of(net(ag.ones(1, 2)).sum(), net))


def test_what_repeats_is_one_place() -> None:
    tree = layers(50)
    assert [g.title for g in tree.groups if g.kind == "module" and "×" in g.title] == ["names: Sequential · (Linear → Tanh) × 50"]
    assert [g.title for g in tree.groups if g.kind == "piece"] == [f"rounds {i} … {i + 9}" for i in range(1, 50, 10)]
    some = nn.Sequential(nn.Flatten(), *[m for _ in range(5) for m in (nn.Linear(4, 4), nn.Tanh())], nn.Linear(4, 3))
    (repeat,) = (g for g in tree_of(some(ag.ones(2, 4)).sum(), some).groups if g.kind == "repeat")
    assert repeat.title == "(Linear → Tanh) × 5" and len(repeat.children) == 10


def test_a_long_program_stands_in_pieces() -> None:
    x = Value(1.0)
    for _ in range(2000):
        x = x * 1.01
    tree = tree_of(x)
    holds(tree)
    assert tree.whole.children[0].title.startswith("v0 … v")  # type: ignore[union-attr]
    assert tree.signs(tree.whole) == "2000 ×"

"""The tree that a reader opens and closes: the modules of a graph in each other, what repeats as one, and long rows in pieces.

Each node is in exactly one place of it, and no place holds so much that it could not be seen at once when it is opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from autograd.core.node import Node
from autograd.drawing.modules import ROUNDS, Modules
from autograd.program.reading import Reading, Scope
from autograd.program.words import clean

__all__ = ["Group", "Tree"]

MOST = 60  # children of one place; beyond it they stand in pieces
PIECE, PIECE_OF_ROUNDS = 25, 10  # children in each piece at most


@dataclass(eq=False)
class Group:
    """A place of the tree: a module call (``scope``), what repeats, or a piece of a long row; the whole graph is the first.

    ``children`` are nodes and further places in the order of the program. ``made`` are all operations' results below it, ``leaves`` all
    leaves; ``into`` comes from outside, ``out`` is used there.
    """

    title: str
    kind: str  # "graph", "module", "repeat" or "piece"
    scope: Scope | None = None
    parent: Group | None = None
    children: list[Node | Group] = field(default_factory=list)
    made: list[Node] = field(default_factory=list)
    leaves: list[Node] = field(default_factory=list)
    into: list[Node] = field(default_factory=list)
    out: list[Node] = field(default_factory=list)

    def path(self) -> list[Group]:
        """The places that it is in, the outermost first, with itself."""
        path, at = [self], self
        while at.parent is not None:
            path.append(at := at.parent)
        return path[::-1]


class Tree:
    """Of a graph that was read, with the module calls ``around`` each node. ``groups`` begins with the whole, each before what is in it;
    ``home`` is where a node is."""

    def __init__(self, reading: Reading, around: dict[Node, tuple[Scope, ...]]) -> None:
        self.reading = reading
        self.whole = Group("", "graph")
        self._modules(around)
        self._repeats(around)
        self._pieces()
        self.groups = list(_walk(self.whole))
        self.home = {child: group for group in self.groups for child in group.children if isinstance(child, Node)}
        self._contents()

    def _modules(self, around: dict[Node, tuple[Scope, ...]]) -> None:
        self.of: dict[Scope, Group] = {}
        for n in self.reading.nodes:
            at = self.whole
            for scope in around.get(n, ()):
                if scope not in self.of:
                    self.of[scope] = Group(clean(scope.title, 200), "module", scope, at)
                    at.children.append(self.of[scope])
                at = self.of[scope]
            at.children.append(n)

    def _repeats(self, around: dict[Node, tuple[Scope, ...]]) -> None:
        """What pictures fold into one box, at every level, is one place."""
        for level in range(max(map(len, around.values()), default=0)):
            modules = Modules(self.reading, around, level)
            boxes = modules.boxes()
            here = {path[level] for path in around.values() if len(path) > level}
            for run in (rounds[0] for rounds in boxes):
                scopes = [box.scope for box in run]
                if len(run) >= ROUNDS and here.issuperset(scopes) and scopes[0] not in modules.rounds:
                    self._gather([[self.of[s]] for s in scopes], f"{scopes[0].call.kind} × {len(run)}")
            found = ((scope, *at) for scope, at in modules.rounds.items() if scope in here)
            for repeat, members in groupby(found, lambda row: row[1]):
                rounds = [[self.of[scope] for scope, *_ in row] for _, row in groupby(members, lambda row: row[2])]
                self._gather(rounds, clean(repeat.title, 200))

    def _gather(self, rounds: list[list[Group]], title: str) -> None:
        members = [group for each in rounds for group in each]
        parent = members[0].parent
        if parent is None or any(group.parent is not parent for group in members):
            return
        if len(parent.children) == len(members):  # it has nothing else
            parent.title, parent.children, repeat = f"{parent.title} · {title}", [], parent
        else:
            repeat = Group(title, "repeat", None, parent)
            at = next(i for i, child in enumerate(parent.children) if child is members[0])  # nodes compare as numbers
            gone = set(members)
            parent.children = [*parent.children[:at], repeat, *(c for c in parent.children[at:] if c not in gone)]
        if len(rounds) <= PIECE_OF_ROUNDS + 2:
            _adopt(repeat, members)
            return
        for i in range(0, len(rounds), PIECE_OF_ROUNDS):
            some = rounds[i : i + PIECE_OF_ROUNDS]
            piece = Group(f"rounds {i + 1} … {i + len(some)}", "piece", None, repeat)
            repeat.children.append(piece)
            _adopt(piece, [group for each in some for group in each])

    def _pieces(self) -> None:
        for group in list(_walk(self.whole)):
            while len(group.children) > MOST:
                size = -(-len(group.children) // -(-len(group.children) // PIECE))
                pieces: list[Node | Group] = []
                for i in range(0, len(group.children), size):
                    piece = Group("", "piece", None, group)
                    _adopt(piece, group.children[i : i + size])
                    piece.title = f"{self._called(piece.children[0])} … {self._called(piece.children[-1], last=True)}"
                    pieces.append(piece)
                group.children = pieces

    def _called(self, child: Node | Group, last: bool = False) -> str:
        if isinstance(child, Node):
            return clean(self.reading.name(child)) or self.reading.term(child)
        if child.kind == "piece":
            return child.title.split(" … ")[last]
        return child.title

    def _contents(self) -> None:
        paths = {group: group.path() for group in self.groups}
        roots = set(self.reading.roots)
        into: dict[Group, dict[Node, None]] = {group: {} for group in self.groups}
        out: dict[Group, dict[Node, None]] = {group: {} for group in self.groups}
        for n in self.reading.nodes:
            own = paths[self.home[n]]
            for group in own:
                (group.leaves if n.is_leaf else group.made).append(n)
                if n in roots:
                    out[group][n] = None
            for a in self.reading.args(n):
                if not isinstance(a, Node) or n.is_leaf:
                    continue
                other = paths[self.home[a]]
                common = sum(x is y for x, y in zip(own, other))
                for group in own[common:]:
                    into[group][a] = None
                for group in other[common:]:
                    out[group][a] = None
        for group in self.groups:
            group.into, group.out = list(into[group]), list(out[group])

    def signs(self, group: Group) -> str:
        """Its operations, the most frequent first."""
        counts = Counter(n.op.sign if isinstance(n.op.sign, str) else n.op.name for n in group.made if n.op is not None)
        most = [f"{count} {sign}".replace("\n", " ") for sign, count in counts.most_common(3)]
        return ", ".join(most) + ", …" * (len(counts) > 3)


def _adopt(parent: Group, children: list[Node | Group] | list[Group]) -> None:
    for child in children:
        parent.children.append(child)
        if isinstance(child, Group):
            child.parent = parent


def _walk(group: Group) -> Iterator[Group]:
    stack = [group]
    while stack:
        at = stack.pop()
        yield at
        stack += [child for child in reversed(at.children) if isinstance(child, Group)]

"""Which column a box stands in: arguments before results, frames side by side, what is given beside what takes it."""

from hypothesis import given
from hypothesis import strategies as st

from autograd.drawing.layout.columns import Columns, Tree
from autograd.drawing.scene import Box, Frame


def columns_of(edges: list[tuple[str, str]], frames: dict[str, str], kinds: dict[str, str], step: int = 1) -> tuple[Columns, Tree]:
    """``frames`` are the titles around a box, with dots."""
    lane = Frame("")
    made = {"": lane}
    for id in kinds:
        path = frames.get(id, "")
        for k in range(1, len(path.split(".")) + 1 if path else 0):
            title = ".".join(path.split(".")[:k])
            if title not in made:
                made[title] = Frame(title)
                made[title.rpartition(".")[0]].frames.append(made[title])
        made[path].boxes.append(Box(id, kinds[id], [id]))
    tree = Tree(lane)
    return Columns(tree, edges, kinds, step), tree


def test_a_layer_has_its_parameters_as_chips() -> None:
    edges = [("x", "o1"), ("w", "o1"), ("b", "o1"), ("o1", "v1"), ("v1", "o2"), ("mask", "o2"), ("o2", "v2")]
    kinds = {
        "x": "input",
        "w": "parameter",
        "b": "parameter",
        "o1": "operation",
        "v1": "middle",
        "mask": "input",
        "o2": "operation",
        "v2": "output",
    }
    columns, _ = columns_of(edges, {"o1": "fc", "w": "fc", "b": "fc", "v1": "fc"}, kinds)
    assert columns.fits and columns.chips == {"o1": ["w", "b"], "o2": ["mask"]}
    assert columns.column == {"x": 0, "o1": 1, "v1": 2, "o2": 3, "v2": 4}


def test_where_operations_share_a_column_what_is_given_stands_before_them() -> None:
    edges = [("x", "o1"), ("w", "o1"), ("x", "o2"), ("u", "o2"), ("o1", "v1"), ("o2", "v2")]
    kinds = {"x": "input", "w": "parameter", "u": "parameter", "o1": "operation", "o2": "operation", "v1": "output", "v2": "output"}
    columns, _ = columns_of(edges, {}, kinds)
    assert columns.chips == {} and [columns.column[id] for id in ("x", "w", "u", "o1", "v1")] == [0, 0, 0, 1, 2]


GRAPH = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["", "a", "a.x", "a.y", "b", "b.x"])), min_size=1, max_size=30
)


@given(GRAPH, st.sampled_from([1, 2]))
def test_columns_of_any_graph(moves: list[tuple[int, int, str]], step: int) -> None:
    kinds, edges, frames = {"v0": "parameter", "v1": "input"}, [], {}
    for k, (i, j, frame) in enumerate(moves, 2):
        made = list(kinds)
        edges += [(made[i % k], f"v{k}"), (made[j % k], f"v{k}")]
        kinds[f"v{k}"], frames[f"v{k}"] = "middle", frame
    columns, tree = columns_of(edges, frames, kinds, step)
    if not columns.fits:
        assert any(frames.values())
        return
    chips = {a for alone in columns.chips.values() for a in alone}
    assert columns.column.keys() | chips == kinds.keys() and not columns.column.keys() & chips
    assert all(columns.column[a] + step <= columns.column[b] for a, b in edges if a not in chips)
    inside: dict[int, set[int]] = {}
    for id, c in columns.column.items():
        assert columns.within[c] == tree.home[id]
        for f in tree.path[tree.home[id]]:
            inside.setdefault(f, set()).add(c)
    for f, own in inside.items():  # no column of another frame lies between its columns
        assert all(f in tree.path[columns.within[c]] for c in range(min(own), max(own) + 1))

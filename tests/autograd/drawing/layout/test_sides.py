"""One lane: arcs above what they pass, chips beside their operation, frames around what is in them."""

from autograd.drawing.layout.columns import Tree
from autograd.drawing.layout.rows import Rows
from autograd.drawing.layout.sides import Side
from autograd.drawing.scene import Box, Frame


def side() -> Side:
    """a → [b c] → d, with a skip from a to d, and a chip w below b in the frame."""
    lane = Frame("", [Box("a", "input", ["a"]), Box("d", "output", ["d"])], [Frame("block", [Box(id, "middle", [id]) for id in "bcw"])])
    made = Side(Tree(lane), dict.fromkeys("abcdw", (40.0, 20.0)), {"a": 0, "b": 1, "c": 2, "d": 3}, {"w": (1, 2)}, 4)
    for id in "abcd":
        made.box(id)
    assert made.edges([(0, "a", "b", False), (1, "b", "c", False), (2, "c", "d", False), (3, "a", "d", False), (4, "w", "b", False)])
    made.tie(set("abcd"))
    made.lane.rise(4)
    rows = Rows([40.0] * 4, [0.0, 40.0, 0.0, 0.0], [20.0] * 4, [0, 2, 2, 2, 0], [(), (1,), (1,), ()], [0.0, 30.0])
    rows.lay()
    made.settle(rows, {"w": rows.chip[1] + 20})
    return made


def test_an_arc_passes_above_the_frame_that_it_has_nothing_to_do_with() -> None:
    made = side()
    assert [arrow.arc for arrow in made.arrows] == [False, False, False, True]
    (frame,) = [piece for piece in made.pieces[0] if piece.frame == 1]
    assert made.level[3, 0] < frame.top < made.y["b"] - 10 and frame.bottom > made.y["w"] + 10


def test_a_chip_hangs_below_its_operation_and_the_rest_is_straight() -> None:
    made = side()
    assert made.y["a"] == made.y["b"] == made.y["c"] == made.y["d"] and made.y["w"] > made.y["b"] + 20
    assert [arrow.number for arrow in made.straight] == [4] and made.at("w") == 1


def test_what_would_go_back_does_not_fit() -> None:
    assert not side().edges([(9, "d", "a", False)])

"""An operation that nobody has heard of: one row in one file, as CONTRIBUTING says, and every reader of the graph knows it.

The package is copied, the row is put into its chapter, and no other file is touched.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

ROLL = '''

roll_ = row("roll", lambda x, shift, axis: np.roll(x, shift, axis), lambda g, z, x, shift, axis: roll_(g, -shift, axis), None, None,
    examples=lambda shape: [(1, 0), (-2, len(shape) - 1)])


def roll(x: Any, shifts: int, dim: int = 0) -> Any:
    """The entries moved along a dimension; what leaves at its end comes in at its beginning."""
    return roll_(given(x, "roll"), int_of(shifts, "roll: shifts"), axis_of(dim, x.ndim))
'''
ASINH = """

asinh = real("asinh", edgy(math.asinh, np.arcsinh), lambda g, z, x: g / sqrt(1 + x * x))
"""

WALK = """
import numpy as np
from hypothesis import find, settings, Phase

import autograd as ag
import nn
from autograd import Value, tensor
from autograd.faces.grid import ValueTensor
from autograd.testing import gradcheck
from autograd.testing.expressions import expressions
from autograd.testing.strategies import arguments

# A function and a method.
x = tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
assert {"roll", "asinh"} <= set(ag.__all__) and {"roll", "asinh"} <= set(dir(ag))
assert ag.roll(x, 1, 1).tolist() == x.roll(1, dim=1).tolist() == [[2, 0, 1], [5, 3, 4]]
assert Value(0.5).asinh().data == ag.asinh(0.5) == np.asinh(0.5) and np.arcsinh(Value(0.5)).data == np.asinh(0.5)
assert np.allclose(x.asinh().detach(), np.arcsinh(x.detach())) and ag.asinh(tensor(2)).dtype == ag.float32
(x.roll(1) * x).sum().backward(retain_graph=True)
assert x.grad.tolist() == (2 * x.roll(1)).tolist()

# Pictures, both lanes, values and shapes; recorded gradients.
y = (x.roll(1).asinh() * x).sum()
source = ag.draw(y, layout="mirror").source
assert '"roll"' in source and '"asinh"' in source and "roll(g, −1, 0)" in source, source
(g,) = ag.grad(y, x, create_graph=True)
assert ag.draw([y, g]).source.count("roll") >= 2 and ag.draw([y, g], layout="flow").source.count('"roll"') == 2
v = Value(0.5, label="v")
assert "g / √(1 + v²)" in ag.draw(v.asinh(), layout="mirror").source

# A listing that runs, a film, a size, a summary, other numbers.
for out in (y, v.asinh() * v):
    text = ag.listing(out)
    scope = dict(text.given)
    exec(text, scope)
    assert "asinh" in text and any(np.allclose(found, out.detach() if out is y else out.data) for found in scope.values() if isinstance(found, float | np.generic))
assert "roll(d_v" in ag.listing(y) and np.allclose(eval("d_x", (exec(ag.listing(y), s := {}), s)[1]), ag.grad(y, x, retain_graph=True)[0])
assert "roll" in ag.graph_player(y).html and "asinh" in ag.graph_player(v.asinh()).html and ag.graph_size(y).operations == 4


class Turned(nn.Module):
    def forward(self, x):
        return x.roll(1, 1).asinh()


assert "2×3" in repr(ag.summary(nn.Sequential(nn.Linear(3, 3), Turned()), (2, 3)))
assert ValueTensor(x.detach()).roll(1, 1).values()[0, 0].data == 2.0
with ag.detect_anomaly():
    try:
        (x * float("inf")).roll(1).asinh()
    except ag.AnomalyError as error:
        assert error.op == "*"
try:
    x.roll("a")
except TypeError as error:
    assert "roll: shifts must be an int, got str 'a'" in str(error)

# Proofs: of the row at what its examples say, to the third order, and as a part of programs.
from autograd.ops import elementwise, moves
for row in (moves.roll_, elementwise.asinh):
    args = find(arguments(row), lambda args: True)
    assert gradcheck(row, args, order=3)
assert gradcheck(lambda x: x.roll(2, 1).asinh() * x, tensor(np.ones((2, 3)), requires_grad=True), order=3)
e = find(expressions(2, ops=["roll"], shape=(2, 3)), lambda e: "roll" in repr(e), settings=settings(database=None))
assert "x.roll(" in repr(e) and gradcheck(e, e.inputs(), order=2)
assert "asinh" in repr(find(expressions(ops=["asinh", "*"]), lambda e: "asinh" in repr(e), settings=settings(database=None)))
wrong = moves.roll_.vjps
moves.roll_.vjps = (lambda g, z, x, shift, axis: moves.roll_(g, shift, axis), None, None)
assert not gradcheck(lambda x: x.roll(1, 1) * x, tensor(np.arange(6.0).reshape(2, 3), requires_grad=True), raise_exception=False)
print("known everywhere")
"""


def test_a_row_in_its_chapter_is_all_that_a_new_operation_takes(tmp_path: Path) -> None:
    for package in ("autograd", "nn"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyi"))
    for chapter, row in (("moves", ROLL), ("elementwise", ASINH)):
        with (tmp_path / "autograd" / "ops" / f"{chapter}.py").open("a") as file:
            file.write(row)
    done = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "known everywhere\n", done.stderr

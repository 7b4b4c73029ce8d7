"""What JavaScript computes in a real browser is what the engine computes, edge values included."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from autograd import Op, Value, cos, sin
from autograd.core.symbols import Symbol
from autograd.ops import elementwise
from autograd.ops.table import ELEMENTWISE
from autograd.program.javascript import JavaScript, UnwritableError
from tests.browser import Browser


@pytest.fixture
def browser(browser: Browser, tmp_path: Path) -> Browser:
    """A browser that shows nothing."""
    (tmp_path / "blank.html").write_text("<!doctype html>")
    browser.open(tmp_path / "blank.html")
    return browser


EDGES = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, 2.0, -2.0, 2.5, -3.0, 5.75, 0.1, -7.25, 1e-3, 1e-9, -1e-9, 1e-300, -1e-310, 30.0, -40.0, -700.0,
         709.0, -720.0, 1e3, -1e3, 1e8, 1e150, -1e200, 1e308, math.inf, -math.inf, math.nan]  # fmt: skip
RETURN = "x => Object.is(x, -0) ? '-0' : String(Number(x))"


def told(browser: Browser, write: JavaScript, lines: list[str]) -> list[float]:
    """The numbers that lines of JavaScript give."""
    functions = "".join(f"const {name} = {text};\n" for name, text in write.functions.items())
    return [float(x) for x in browser.evaluate(f"(() => {{ {functions}return [{','.join(lines)}].map({RETURN}); }})()")]


def same(found: float, wanted: float, signed: bool = False) -> bool:
    if signed and wanted == 0 and found == 0:
        return math.copysign(1, found) == math.copysign(1, wanted)
    return found == wanted or (found != found and wanted != wanted) or abs(found - wanted) <= max(1e-12 * abs(wanted), 5e-324)


ROWS: list[Op] = [row for row in ELEMENTWISE.values() if row.arity is not None and row.tabled]


sinc = Op("sinc", lambda x: sin(x) / x, lambda g, z, x: g * (cos(x) - z) / x)
told_ = Op("told", lambda x: math.hypot(x, 1), lambda g, z, x: g * x / z, script="x => Math.hypot(x, 1)")


@pytest.mark.parametrize("row", [*ROWS, sinc, told_], ids=repr)
def test_a_row_gives_what_python_gives(browser: Browser, row: Op) -> None:
    """Its number, and its partials as a node of Values stores them or a rule gives them."""
    write = JavaScript()
    lines, wanted, what = [], [], []
    with np.errstate(all="ignore"):
        for args in itertools.product(EDGES if row.arity != 3 else EDGES[::3], repeat=row.arity or 1):
            if row is sinc and not args[0]:
                continue
            z = float(row.compute(*args))
            lines.append(write.computed(row, [*args]))
            wanted.append(z)
            what.append((args, "z"))
            for i, rule in enumerate(row.vjps):
                if rule is not None:
                    values = [Value(a) if k == i else a for k, a in enumerate(args)]
                    node = eval(f"x {row.infix} y", dict(zip("xy", values))) if row.infix else row(*values)  # by its kernel
                    for g in (1.0, -2.5, math.inf):
                        (d,) = (d for _, _, d in node.pull(g))
                        lines.append(
                            write.flows(
                                row, i, f"({write.constant(g)})", f"({write.constant(node.raw)})", [*args], kernel=bool(node.partials)
                            )
                        )
                        wanted.append(d)
                        what.append((args, i, g))
    wrong = [(w, f, x) for w, f, x in zip(what, told(browser, write, lines), wanted) if not same(f, x, signed=w[-1] == "z")]
    assert not wrong, (len(wrong), wrong[:20])


def test_what_nobody_said_in_javascript() -> None:
    asks = Op("asks", lambda x: x if x > 0 else -x, lambda g, z, x: g)
    away = Op("away", math.gamma, lambda g, z, x: g)
    rule = Op("rule", lambda x: x * 2, lambda g, z, x: g if x > 0 else -g)
    for row in (asks, away, elementwise.kink_):
        with pytest.raises(UnwritableError, match="nothing says how JavaScript computes"):
            JavaScript().computed(row, ["x"] * len(row.vjps))
    with pytest.raises(UnwritableError) as caught:
        JavaScript().flows(rule, 0, "g", "z", ["x"], kernel=False)
    assert caught.value.op is rule


def test_what_is_written() -> None:
    write, x, y = JavaScript(), Symbol("x"), Symbol("y")
    assert write(x * (y * 2) - -0.5) == "x * (y * 2) - -0.5" and write((x == y) - math.inf) == "(x === y) - Infinity"
    assert write.flows(elementwise.relu, 0, "g", "z", ["x"]) == "(Number(x <= 0) !== 0 ? 0 : g)"
    assert write.flows(elementwise.sub, 1, "g", "z", ["x", "y"]) == "-g"
    assert write.functions == {}

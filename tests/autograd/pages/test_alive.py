"""A film of numbers is alive: what a reader changes is computed in the page as the engine computes it, and told as Python tells it."""

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import autograd as ag
from autograd import Op, Value
from autograd.pages.alive import alive
from autograd.pages.page import piece
from autograd.pages.player import graph_player
from autograd.pages.script import Script
from autograd.program.reading import read
from autograd.program.words import number
from tests.autograd.drawing.test_flow import graphs
from tests.autograd.pages.test_player import BUTTON, COUNT, PANEL, STEP, TEXTS, click, neuron, neuron_loss, place
from tests.browser import Browser


@pytest.fixture
def blank(browser: Browser, tmp_path: Path) -> Browser:
    (tmp_path / "blank.html").write_text("<!doctype html>")
    browser.open(tmp_path / "blank.html")
    return browser


def computed(browser: Browser, programs: list[str]) -> list[list[float]]:
    """All the numbers of films, computed anew from those of their leaves."""
    texts = "x => Object.is(x, -0) ? '-0' : String(x)"
    run = f"p => {{ const n = p.begin.map(() => NaN); p.leaves.forEach(i => n[i] = p.begin[i]); p.forward(n); p.backward(n); return n.map({texts}); }}"
    return [[float(x) for x in found] for found in browser.evaluate(f"[{','.join(programs)}].map({run})")]


def program(said: Script) -> str:
    """What the page is given, with the places of the numbers that it does not compute: the leaves, and the gradient at the output."""
    given = [said.values[n] for n in said.reading.nodes if n.is_leaf] + ([len(said.values)] if said.root.requires_grad else [])
    return f"Object.assign({alive(said)}, {{ leaves: {given} }})"


def close(found: list[float], wanted: list[float]) -> bool:
    """To 1e-12 of the largest number, for differences of large ones have their errors."""
    size = max([abs(x) for x in wanted if math.isfinite(x)], default=0.0)
    same = (a == b or (a != a and b != b) or abs(a - b) <= 1e-12 * max(abs(b), size) for a, b in zip(found, wanted))
    return len(found) == len(wanted) and all(same)


def test_random_graphs_give_the_numbers_of_the_engine(blank: Browser) -> None:
    seen: list[Script] = []

    @settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
    @given(graphs())
    def make(graph: tuple[Value, list[Value]]) -> None:
        seen.append(Script(read(graph[0])))

    make()
    wrong = [said for said, found in zip(seen, computed(blank, [program(said) for said in seen])) if not close(found, said.numbers)]
    assert len(seen) >= 200 and not wrong, (len(wrong), [(s.numbers, program(s)) for s in wrong[:2]])


def test_tensors_of_no_dimension_are_numbers_in_their_precision(blank: Browser) -> None:
    said = []
    for dtype in (ag.float32, ag.float64):
        x, w = (ag.tensor(v, dtype=dtype, requires_grad=True) for v in (0.3, -1.7))
        said.append(Script(read(((w * x + 0.1).tanh() * w).exp() / x)))
    for script, found in zip(said, computed(blank, [program(s) for s in said])):
        assert found == pytest.approx(script.numbers, rel=1e-12 if script.root.dtype == ag.float64 else 1e-6)


def test_edge_values_flow_as_in_the_engine(blank: Browser) -> None:
    said = []
    for v in (0.0, -0.0, 1.0, -3.0, 1e308, 1e-310, math.inf, math.nan):
        x, y = Value(v), Value(1.0)
        said.append(Script(read((x.relu() + x.maximum(y) + abs(x)) * y + x**2.0 / (x * 0.0 + 1.0) + (x * x).log() + (x - x).exp())))
    wrong = [(s.numbers, found) for s, found in zip(said, computed(blank, [program(s) for s in said])) if not close(found, s.numbers)]
    assert not wrong


def test_a_film_that_cannot_be_changed_says_why(browser: Browser, tmp_path: Path) -> None:
    odd = Op("odd", lambda x: x if x > 0 else -x, lambda g, z, x: g if x > 0 else -g)
    film = graph_player(odd(Value(-2.0, label="v")))
    browser.open(Path(film.save(tmp_path / "odd.html")))
    assert "The numbers cannot be changed: nothing says how JavaScript computes odd." in browser.evaluate(PANEL)
    assert browser.evaluate("document.querySelectorAll('.leaf').length") == 0
    browser.press("End")
    assert "1 × (−1)" in browser.evaluate(PANEL)
    assert alive(Script(read((ag.ones(3, requires_grad=True) * 2).sum()))) == "null"


# The page.
FORMATS = [*(s * m * 10.0**e for s in (1, -1) for m in (1, 1.5, 9.9995, 9.99949, 1.2345, 12345, 0.12345, 1234.5, 1233.5, 1000.5) for e in range(-12, 13)),
           5e-324, -1e-310, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 0.0, -0.0, 2.0**-11, 0.5, 1e22]  # fmt: skip


def test_numbers_are_written_as_python_writes_them(blank: Browser) -> None:
    draw = random.Random(0)
    xs = [*FORMATS, *(draw.choice((1, -1)) * draw.random() * 10.0 ** draw.randint(-320, 307) for _ in range(3000))]
    xs += [draw.randint(-99999, 99999) / 2 ** draw.randint(0, 12) for _ in range(3000)]  # among them ties
    texts = [re.sub("inf", "Infinity", repr(float(x))).replace("nan", "NaN") for x in xs]
    for digits in (2, 3, 4):
        found = blank.evaluate(f"(() => {{ {piece('alive.js')}; return [{','.join(texts)}].map(x => number(x, {digits})); }})()")
        assert [(x, f) for x, f in zip(xs, found) if f != number(x, digits)] == []


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Browser:
    browser.open(Path(neuron(title="One neuron").save(tmp_path / "neuron.html")), "#step=17")
    return browser


LEAF = "[...document.querySelectorAll('.leaf')].find(e => e.getAttribute('aria-label') === '{}')"
PILLS = "Object.fromEntries([...document.querySelectorAll('.edge.went text')].map(t => [t.textContent.trim(), 1]))"


def valued(browser: Browser, name: str) -> float:
    return float(browser.evaluate(LEAF.format(name) + ".getAttribute('aria-valuenow')"))


def shows(browser: Browser, **leaves: float) -> None:
    """The page shows what the engine computes from these leaves."""
    L, _ = neuron_loss()
    nodes = ag.ancestors(L)
    values: dict[Any, Any] = {}
    for n in nodes:  # the same graph from other numbers
        if n.is_leaf:
            values[n] = Value(leaves.get(n.label or "", n.data), requires_grad=n.requires_grad)
        else:
            assert n.op is not None
            args = [values[a] if isinstance(a, Value) else a for a in n.args]
            values[n] = eval(f"x {n.op.infix} y", dict(zip("xy", args))) if n.op.infix else n.op(*args)
    values[L].backward()
    texts = browser.evaluate(TEXTS)
    for n in nodes:
        if n.label:
            grad = values[n].grad
            assert texts[n.label][0] == number(values[n].data)
            assert texts[n.label][1:] == ([f"grad {number(grad)}"] if grad is not None else []), n.label
    z, x, w = (values[next(n for n in nodes if n.label == name)] for name in "zxw")
    product, before = number(z.grad * x.data), number(w.grad - z.grad * x.data)
    assert f"∂L/∂w\t{number(z.grad)} × (x = {number(x.data)})\t{product}\t{before} + {product} = {number(w.grad)}" in browser.evaluate(
        PANEL
    )
    assert product in browser.evaluate(PILLS)


def test_a_leaf_is_dragged_typed_and_moved_by_keys(page: Browser) -> None:
    shows(page)
    x, y = place(page, LEAF.format("w"))
    view = page.evaluate("document.querySelector('.graph').getAttribute('transform')")
    page.drag((x, y), (x + 30, y), (x + 60, y + 5))
    assert valued(page, "w") == -1.2 and page.evaluate(STEP) == 17
    assert page.evaluate("document.querySelector('.graph').getAttribute('transform')") == view
    shows(page, w=-1.2)
    for key, modifiers, value in (("ArrowUp", 0, -1.19), ("ArrowLeft", 0, -1.2), ("ArrowRight", 8, -1.1), ("PageDown", 0, -1.2)):
        page.press(key, modifiers)
        assert valued(page, "w") == value
    assert page.evaluate(STEP) == 17  # the keys are the leaf's
    page.press("Enter")
    page.call("Input.insertText", text="−0.25")
    page.press("Enter")
    assert valued(page, "w") == -0.25 and page.evaluate("document.activeElement.getAttribute('aria-label')") == "w"
    shows(page, w=-0.25)
    page.press("Enter")
    page.call("Input.insertText", text="7")
    page.press("Escape")
    assert valued(page, "w") == -0.25
    click(page, "reset")
    shows(page)
    page.evaluate(f"{LEAF.format('t')}.dispatchEvent(new MouseEvent('dblclick'))")
    page.call("Input.insertText", text="0,5")
    page.press("Enter")
    shows(page, t=0.5)


def test_a_step_against_the_gradient(page: Browser) -> None:
    """The numbers are those of gradient descent, and the loss that is told is the one that the plot promised."""
    page.evaluate("(r => { r.value = -1; r.dispatchEvent(new Event('input')); })(document.querySelector('.rate'))")
    promised = page.evaluate("document.querySelector('.along').getAttribute('aria-label')")
    click(page, "descend")
    L, given = neuron_loss()
    L.backward()
    after = {name: v.data - 0.1 * (v.grad or 0.0) for name, v in given.items()}
    shows(page, **after)
    told = page.evaluate("document.querySelector('.fell').textContent")
    loss = page.evaluate(TEXTS)["L"][0]
    assert told == f"L: 1.128 → {loss}, it fell." and promised == f"L along the step: from 1.128 to {loss} at η = 0.1"
    assert page.evaluate("document.querySelector('.along path:nth-of-type(3)').getAttribute('d').length") > 300
    pixels = "[...new Uint32Array(document.querySelector('.land').getContext('2d').getImageData(0, 0, 320, 236).data.buffer)]"
    assert page.evaluate(f"new Set({pixels}).size") > 9  # contours, the way so far and an arrow
    click(page, "reset")
    shows(page)
    assert page.evaluate("document.querySelector('.fell').textContent") == ""


def test_a_product_is_guessed_first(page: Browser) -> None:
    click(page, "guess")
    seen = "[...document.querySelectorAll('.edge.now text')].filter(t => getComputedStyle(t).visibility === 'visible').length"
    assert "−0.9477" not in page.evaluate(PANEL) and page.evaluate(seen) == 0 and page.evaluate(TEXTS)["x"][1] == ""
    page.evaluate("document.querySelector('.answer').focus()")
    verdict = "document.querySelector('.verdict').textContent"
    for answer, said in (("a", "Type a number"), ("0.95", "sign is not"), ("-9.5", "Too large"), ("-0.5", "Too small"), ("-0.94", "Right")):
        page.evaluate("document.querySelector('.answer').select()")
        page.call("Input.insertText", text=answer)
        page.press("Enter")
        assert said in page.evaluate(verdict)
    assert page.evaluate(verdict) == "Right: −1.895 × (x = 0.5) = −0.9477. "
    assert page.evaluate(seen) == 0  # the other one is not found yet
    page.evaluate("document.querySelector('.asked button').click()")
    assert page.evaluate(verdict) == "It is −1.895 × (w = −1.5) = 2.843." and page.evaluate(seen) == 3 - 1
    assert page.evaluate(TEXTS)["x"][1] == "grad 2.843" and page.evaluate(COUNT) == "Backward 8 / 8"
    click(page, "guess")
    page.press("ArrowLeft")
    assert page.evaluate("document.querySelectorAll('.answer').length") == 0


def test_names_and_rows_of_somebody_stay_texts(browser: Browser, tmp_path: Path) -> None:
    mine = Op("</script>", lambda x: x * 2, lambda g, z, x: g * 2, script="x => '</script>' && x * 2")
    v = Value(2.0, label="\ufffe0\uffff</script>")
    browser.open(Path(graph_player(mine(v) * v).save(tmp_path / "n.html")), "#step=99")
    browser.evaluate("document.querySelector('.leaf').focus()")
    browser.press("ArrowUp")
    name = browser.evaluate("document.querySelector('.leaf').getAttribute('aria-label')")
    assert name == "�0�</script>" and "grad 8.04" in json.dumps(browser.evaluate(TEXTS))
    assert browser.evaluate(f"{BUTTON.format('try')}.hidden") is False


def test_a_phone_has_the_step_in_place_of_the_words(browser: Browser, tmp_path: Path) -> None:
    browser.size(390, 844, mobile=True)
    browser.open(Path(neuron(title="One neuron").save(tmp_path / "neuron.html")))
    foot = "document.querySelector('.foot').getBoundingClientRect().height"
    assert browser.evaluate(foot) <= 0.3 * 844
    assert browser.evaluate("document.querySelector('.lab').offsetParent === null")
    click(browser, "try")
    assert browser.evaluate("document.querySelector('.panel').offsetParent === null") and browser.evaluate(foot) <= 0.3 * 844
    assert browser.evaluate("document.documentElement.scrollWidth") == 390


class Weights:
    """A network of numbers."""

    def __init__(self) -> None:
        self.given = {"p": Value(0.1), "q": Value(0.2)}

    def named_parameters(self) -> Any:
        return iter(self.given.items())


def test_the_landscape_opens_over_parameters(page: Browser, tmp_path: Path) -> None:
    chosen = "[...document.querySelectorAll('.across, .up')].map(e => e.selectedOptions[0].textContent)"
    assert page.evaluate(chosen) == ["b", "w"]  # though x has the larger gradient
    net = Weights()
    p, q = net.given.values()
    big, x1 = Value(100.0, label="big"), Value(3.0, label="x1")
    l = p * big + q * x1 + big**3  # big has the largest gradient by far
    page.open(Path(graph_player(l, names=net).save(tmp_path / "net.html")))
    assert page.evaluate(chosen) == ["p", "q"]
    page.open(Path(graph_player(l, names={"p": p, "q": q}).save(tmp_path / "names.html")))
    assert page.evaluate(chosen) == ["big", "p"]
    y, x = Value(2.0, label="y"), Value(1.0, label="x")
    page.open(Path(graph_player((1 - x) ** 2 + 100 * (y - x**2) ** 2).save(tmp_path / "data.html")))
    assert page.evaluate(chosen) == ["x", "y"]  # nothing else is there

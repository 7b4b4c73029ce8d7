"""The player says what the engine computed, and its page does in a real browser what readers ask of it."""

import html
import json
import re
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import autograd as ag
import nn
from autograd import Value
from autograd.drawing.looks import LOOKS, PAPER
from autograd.pages.player import Player, graph_player
from autograd.pages.script import Script
from autograd.program.reading import read
from autograd.program.words import number
from tests.autograd.drawing.test_flow import graphs
from tests.browser import Browser

HOSTILE = "</script><script>alert(1)</script><b>\"'&amp;<!--data--> \u2028 🙂 שלום"


def neuron(**options: Any) -> Player:
    """One neuron with squared error and weight decay: eight operations."""
    return graph_player(neuron_loss()[0], **options)


def neuron_loss() -> tuple[Value, dict[str, Value]]:
    x, w, b = (Value(v, label=n) for v, n in ((0.5, "x"), (-1.5, "w"), (0.8, "b")))
    t = Value(1.0, requires_grad=False, label="t")
    z = w * x
    u = z + b
    a = u.tanh()
    d = a - t
    q = d**2
    r = 0.1 * w**2
    L = q + r
    for name, n in zip("zuadqrL", (z, u, a, d, q, r, L)):
        n.label = name
    return L, {"x": x, "w": w, "b": b}


def classifier() -> Player:
    net = nn.MLP(784, [128, 10])
    loss = nn.functional.cross_entropy(net(ag.rand(32, 784)), ag.randint(0, 10, (32,)))
    return graph_player(loss, names=net, title="MLP 784-128-10, batch 32")


def script(output: Any, names: Any = None, color: Any = "auto", **named: Any) -> dict[str, Any]:
    """What the page is told."""
    page = graph_player(output, names=names or named, color=color)
    found = re.search(r'<script type="application/json">(.*?)</script>', page.html, re.S)
    assert found is not None
    said = json.loads(found[1])
    begin = re.search(r"begin: \[(.*?)\]", page.html)
    if begin is not None:
        numbers = [float(x) for x in begin[1].split(", ")]
        told = Script(read(output, names or named)).told
        said = json.loads(re.sub(r"\ufffe(\(?\d+)\uffff", lambda m: told(m[0], numbers), json.dumps(said, ensure_ascii=False)))
    return said


# What is said.
@settings(max_examples=20)
@given(graphs())
def test_its_numbers_are_those_of_the_engine(graph: tuple[Value, list[Value]]) -> None:
    y, leaves = graph
    reading = read(y)
    said = Script(reading)
    y.backward()
    for n, box in said.boxes.items():
        assert said.told(box["value"]) == number(n.raw)
        gradient = said.told(box["grads"][-1][1]) if box["grads"] else None
        if n.grad is not None:
            assert gradient == f"grad {number(n.grad)}" or float(gradient[5:].replace("−", "-")) == pytest.approx(
                n.grad, rel=1e-3, abs=1e-12
            )
        elif n in leaves:
            assert gradient is None
    forward = [s for s in said.steps if s["phase"] == "Forward"]
    assert len(forward) == 1 + sum(not n.is_leaf for n in reading.nodes)
    for step in said.filled(said.steps):
        for _, how, amount, total in step.get("rows", [])[1:]:
            upstream, local = (float(re.sub(r".*[=:(] ?(here )?|\)$", "", f).replace("−", "-")) for f in how.split(" × ", 1))
            shown, last = (float(re.sub(".*= ", "", f).replace("−", "-")) for f in (amount, total))
            assert shown == pytest.approx(upstream * local, rel=2e-3, abs=1e-9)
            terms = [float(f.replace("−", "-")) for f in re.sub(" = .*", "", total).split(" + ")]
            assert last == pytest.approx(sum(terms), rel=1e-3, abs=1e-3 * max(map(abs, terms)))


def test_the_words_of_a_neuron() -> None:
    steps = script(neuron_loss()[0])["steps"]
    said = [s.get("text") for s in steps]
    assert "u = z + b = −0.75 + 0.8 = 0.05" in said and "z = w × x = −1.5 × 0.5 = −0.75" in said
    assert "q = d² = (−0.95)² = 0.9026" in said and "a = tanh(u) = tanh(0.05) = 0.04996" in said
    assert [s["phase"] for s in steps] == ["Forward"] * 9 + ["Backward"] * 9
    assert steps[9]["head"] == "∂L/∂L = 1"
    assert steps[-1]["head"] == "∂L/∂z = −1.895 flows back through ×"
    assert steps[-1]["rows"] == [
        ["into", "upstream × local", "= product", "accumulates"],
        ["∂L/∂w", "−1.895 × (x = 0.5)", "−0.9477", "−0.3 + −0.9477 = −1.248"],
        ["∂L/∂x", "−1.895 × (w = −1.5)", "2.843", "2.843"],
    ]
    assert ["∂L/∂u", "−1.9 × (1 − a² = 0.9975)", "−1.895", "−1.895"] in [r for s in steps for r in s.get("rows", [])]


def test_the_words_of_tensors() -> None:
    h, w = ag.ones(32, 784), ag.zeros(128, 784, requires_grad=True)
    b = ag.zeros(128, requires_grad=True)
    y = (h @ w.T + b).sum()
    said = [s["text"] if "text" in s else s["rows"][1:] for s in script(y, h=h, w=w, b=b, y=y)["steps"]]
    assert "v2 = wᵀ: 128×784 → 784×128" in said
    assert "v3 = h @ v2: 32×784 @ 784×128 → 32×128" in said
    assert "v5 = v3 + b: 32×128, tensor 128 → 32×128" in said
    assert "y = Σ v5: 32×128 → 0" in said
    assert [["∂y/∂v2", "hᵀ @ g: 784×32 @ 32×128", "rms 32", "rms 32"]] in said
    assert [["∂y/∂v3", "g", "rms 1", "rms 1"], ["∂y/∂b", "Σ₀ g", "rms 32", "rms 32"]] in said


def test_rows_that_ask_for_shapes_play_on_0d_tensors_too() -> None:
    x = ag.tensor(3.0, requires_grad=True)
    seen = json.dumps(script((x * 2).sum(), x=x), ensure_ascii=False)
    assert "flows back through" in seen and "∂output/∂x" in seen and seen.count("into") == 2


def test_rules_of_somebody_and_both_layers() -> None:
    odd = ag.Op("odd", lambda x: x if x > 0 else -x, lambda g, z, x: g if x > 0 else -g)  # asks, as no symbol can answer
    v = Value(-2.0, label="v")
    assert script(odd(v))["steps"][-1]["rows"][1][1:3] == ["1 × (−1)", "−1"]
    for t in (ag.tensor([v, 3.0]), ag.tensor(2.0, requires_grad=True)):
        rows = [r for s in script(sum(t.values().flat))["steps"] for r in s.get("rows", [])[1:]]
        assert all(how in ("g, entry by entry", "1 × 1") for _, how, _, _ in rows)


def test_each_box_has_room_for_the_longest_gradient_that_it_will_show() -> None:
    x = Value(1.0, label="x")
    player = graph_player(x * 0.1234 - x * 0.1234)
    assert ">grad −0.1234</text>" in player.html
    assert [g for _, g in script(x * 0.1234 - x * 0.1234, x=x)["boxes"]["0"]["grads"]] == ["grad −0.1234", "grad 0"]


def test_numbers_beyond_all_bounds() -> None:
    x = Value(0.0, label="x")
    steps = script(x.log() * 0.0 + (x + 800.0).exp(), x=x)["steps"]
    inverse = ag.Op("inverse", lambda x: 1 / x if x else float("inf"), lambda g, z, x: -g / (x * x))
    assert script(inverse(x))["steps"][-1]["rows"][1][1:3] == ["1 × (−1 / x² = −inf)", "−inf"]
    assert any("= −inf" in s.get("text", "") for s in steps) and any("nan" in s.get("text", "") for s in steps)


def test_a_gradient_is_played_like_any_other_number() -> None:
    x = Value(2.0, label="x")
    (dy,) = ag.grad(x * x.sin(), x, create_graph=True)
    assert script(dy)["steps"][-1]["rows"][-1][-1].endswith(f"= {number(ag.grad(dy, x)[0].data)}")


def test_a_leaf_and_what_was_not_recorded() -> None:
    steps = script(Value(3.0))["steps"]
    assert [s["phase"] for s in steps] == ["Forward", "Backward"]
    with ag.no_grad():
        (step,) = script(Value(3.0) * 2)["steps"]
    assert "none will flow" in step["text"]


def test_what_has_no_name_is_called_as_nothing_else() -> None:
    v2 = Value(2.0, label="v2")
    names = [box["name"] for box in script((v2 * 3 + 1) * 2)["boxes"].values()]
    assert len(set(names)) == len(names) == 4 and "v2" in names


# What it takes and leaves alone.
def test_it_touches_no_gradient_and_does_not_care_for_any() -> None:
    L, leaves = neuron_loss()
    before = graph_player(L).html
    assert all(n.grad is None for n in ag.ancestors(L))
    L.backward()
    grads = [n.grad for n in ag.ancestors(L)]
    assert graph_player(L).html == before
    assert [n.grad for n in ag.ancestors(L)] == grads
    assert leaves["w"].grad == pytest.approx(-1.2477, abs=1e-4)


def test_the_film_fills_a_box_when_its_gradient_arrives() -> None:
    ag.manual_seed(0)
    net = nn.Sequential(*[m for _ in range(3) for m in (nn.Linear(8, 8), nn.Sigmoid())])
    loss = net(ag.randn(16, 8)).mean()
    said = script(loss, names=net)
    arrived = [box for box in said["boxes"].values() if box["fills"]]
    assert len({box["fills"][-1][1] for box in arrived}) >= 4
    assert all([step for step, _ in box["fills"]] == [step for step, _ in box["grads"]] for box in arrived)
    assert "rms of the gradient" in ag.graph_player(loss, names=net).html
    assert not any(box["fills"] for box in script(loss, names=net, color=None)["boxes"].values())
    values = script(loss, names=net, color="value")["boxes"].values()
    assert all([step for step, _ in box["fills"]] == [box["step"]] for box in values)


def test_a_box_of_the_film_says_what_its_colour_is_of() -> None:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 8), nn.Sigmoid())
    loss = net(ag.randn(16, 8)).mean()

    def words(color: Any) -> list[str]:
        return [box["value"] for box in script(loss, names=net, color=color)["boxes"].values()]

    plain = ["tensor 16×8", "tensor 8×8", "tensor 8", "tensor 16×8", "tensor 16×8", f"{number(loss.item())}"]
    assert words(None) == words("grad") == plain
    assert [text[:4] for text in words("value")[:-1]] == ["rms "] * 5 and words("value")[-1] == plain[-1]
    assert [said for said, shape in zip(words("saturation"), plain) if said != shape] == ["saturated 0 %"]
    own = {net[0].weight: 3.0, loss: -1.0}
    assert words(own) == [plain[0], "given 3", *plain[2:5], f"{plain[5]} · given −1"]


def test_the_film_says_where_it_begins() -> None:
    x = Value(0.0)
    y = x.log()
    said = script(((y * 0 + 1) * 2).tanh())
    heads = [step["head"] for step in said["steps"]]
    assert [i for i, head in enumerate(heads) if "here begins what is not finite" in head] == [1]
    assert [box["value"][:1] for box in said["boxes"].values()] == ["0", *"✗✗✗✗✗"]
    t = ag.tensor([0.0, 4.0], requires_grad=True)  # its gradient is 0 · inf
    heads = [step["head"] for step in script((t.sqrt() * ag.tensor([0.0, 1.0])).sum())["steps"]]
    assert [head for head in heads if "not finite" in head] == [
        "∂output/∂v1 = g (tensor 2) flows back through √: here begins what is not finite"
    ]


def test_errors() -> None:
    x = Value(2.0)
    y = x * x + 1
    for wrong in ({"theme": "blue"}, {"delay": 0}, {"delay": -1.0}, {"delay": float("nan")}, {"delay": 1e9}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
            graph_player(y, **wrong)
    with pytest.raises(TypeError, match="delay is a number of seconds, got str"):
        graph_player(y, delay="1")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="title is a text, got int"):
        graph_player(y, title=3)  # type: ignore[arg-type]
    for nothing in (3.0, "y", [y], None):
        with pytest.raises(TypeError, match="graph_player takes Values and Tensors"):
            graph_player(nothing)
    with pytest.raises(ValueError, match=r"has 2 operations, more than max_ops=1\. Play a part.* with max_ops=2$"):
        graph_player(y, max_ops=1)
    t = ag.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"shape \(3,\).*reduce to one number"):
        graph_player(t * 2)
    with pytest.raises(RuntimeError, match="starts from one number, got 2"):
        graph_player(ag.ValueTensor([x, y]))
    loss = (t * t).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match=r"call graph_player before it.*retain_graph=True"):
        graph_player(loss)
    x.data = 5.0
    with pytest.raises(RuntimeError, match=r"\.data of one was set"):
        graph_player(y)


def test_colours_are_checked_as_for_pictures() -> None:
    with pytest.raises(ValueError, match=r"color must be one of 'auto', 'grad', 'value', 'saturation', None, or a dict .*, got 'red'"):
        graph_player(Value(1.0) * 2, color="red")


def test_a_graph_too_large_to_lay_out_says_so_before_it_is_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: pytest.fail("Graphviz was started"))
    y = Value(1.0)
    late = [y := y + 1 for _ in range(400)]
    for n in late[::4]:
        y = y * n
    with pytest.raises(ValueError, match=r"would take minutes\. Play a part"):
        graph_player(y, max_ops=1000)
    with pytest.raises(ValueError, match=r"more than 100,000 variables\. Play a part"):
        for _ in range(100_000):
            y = y + 1
        graph_player(y)


def test_it_is_saved_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player = neuron()
    path = player.save(tmp_path / "n.html")
    assert path == str(tmp_path / "n.html") and Path(path).read_text("utf-8") == player.html
    with pytest.raises(FileNotFoundError, match=r"make it first.*nowhere"):
        player.save(tmp_path / "nowhere" / "n.html")

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        Player("other").save(path)
    assert Path(path).read_text("utf-8") == player.html and [p.name for p in tmp_path.iterdir()] == ["n.html"]


def test_it_says_what_it_is() -> None:
    assert repr(neuron(title="A < B")) == '<film "A < B": .save("film.html") writes it, a notebook shows it>'


def test_a_notebook_gets_a_frame_around_the_same_page() -> None:
    pages = []

    class Frames(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag == "iframe"
            pages.append(dict(attrs)["srcdoc"])

    player = neuron(title=HOSTILE)
    Frames().feed(player._repr_html_())
    assert pages == [player.html]


# The page.
@pytest.fixture
def page(tmp_path: Path) -> Path:
    return Path(neuron(title="One neuron", delay=0.02).save(tmp_path / "neuron.html"))


STEP = "Number(document.querySelector('.player input').value)"
COUNT = "document.querySelector('.count').textContent"
TEXTS = """Object.fromEntries([...document.querySelectorAll('.node')].filter(n => n.querySelector('polygon')).map(n => {
    const [name, ...rest] = [...n.querySelectorAll('text')].map(t => t.textContent); return [name, rest]; }))"""
PLACES = """[...document.querySelectorAll('.node > g > a > :is(polygon, ellipse), .edge:not(.went) > path, .bar, .stage, .panel')].map(e => {
    const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })"""
PANEL = "document.querySelector('.panel').innerText"
BUTTON = "document.querySelector('[data-do={}]')"
VIEW = "(m => [m.a, m.e, m.f])(document.querySelector('.graph').getScreenCTM())"


def place(browser: Browser, element: str) -> tuple[float, float]:
    """The middle of an element."""
    x, y = browser.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({element}.getBoundingClientRect())")
    return x, y


def click(browser: Browser, button: str) -> None:
    browser.click(*place(browser, BUTTON.format(button)))


def test_values_come_one_by_one_and_gradients_after_them(browser: Browser, page: Path) -> None:
    L, _ = neuron_loss()
    steps = script(L)["steps"]
    browser.open(page)
    places = browser.evaluate(PLACES)
    given = {n.label: number(n.raw) for n in ag.ancestors(L) if n.is_leaf}
    filled, counts = [], []
    for step in range(18):
        texts = browser.evaluate(TEXTS)
        values = {name: rest[0] for name, rest in texts.items() if rest[0]}
        grads = {name: rest[1] for name, rest in texts.items() if rest[1:] and rest[1]}
        assert len(values) == len(given) + min(step, 8)
        assert (len(grads) > 0) == (step > 8)
        later = [len(s["edges"]) + 1 for s in steps[step + 1 : 9]]  # for each operation to come: the edges to it and from it
        assert browser.evaluate("document.querySelectorAll('.edge.later').length") == sum(later)
        assert browser.evaluate("document.querySelectorAll('.node.later').length") == 2 * len(later)
        now = browser.evaluate(PLACES)  # nothing moves, but for the heads of edges that a gradient has passed
        assert now == places if step < 10 else set(map(tuple, now)) < set(map(tuple, places))
        assert browser.evaluate(STEP) == step
        filled.append(values)
        counts.append(browser.evaluate(COUNT))
        browser.press("ArrowRight")
    assert filled[0] == given
    assert counts == [f"Forward {i} / 8" for i in range(9)] + [f"Backward {i} / 8" for i in range(9)]
    L.backward()
    for n in ag.ancestors(L):
        if n.label and n.requires_grad:
            assert texts[n.label] == [number(n.raw), f"grad {number(n.grad)}"]


def test_what_happens_is_lit_and_told(browser: Browser, page: Path) -> None:
    browser.open(page, "#step=1")
    lit = "[...document.querySelectorAll('.node.now')].map(n => n.querySelector('text').textContent).sort()"
    assert browser.evaluate(lit) == ["w", "x", "z", "×"]
    assert browser.evaluate("document.querySelectorAll('.edge.now').length") == 3
    assert browser.evaluate(PANEL).split("\n") == ["× computes z", "", "z = w × x = −1.5 × 0.5 = −0.75"]
    shown = "[...document.querySelectorAll('.edge text')].filter(t => getComputedStyle(t).visibility === 'visible').map(t => t.textContent.trim())"
    assert browser.evaluate(shown) == []
    browser.press("End")
    assert browser.evaluate(lit) == ["w", "x", "z", "×"]
    assert sorted(browser.evaluate(shown.replace("'.edge text'", "'.edge.now text'"))) == ["2.843", "−0.9477"]
    assert len(browser.evaluate(shown)) == 11  # all products stay
    assert "∂L/∂w\t−1.895 × (x = 0.5)\t−0.9477\t−0.3 + −0.9477 = −1.248" in browser.evaluate(PANEL)
    assert browser.evaluate("getComputedStyle(document.querySelector('.edge.now path')).strokeDasharray") != "none"


@pytest.mark.parametrize("make", [neuron, classifier])
def test_a_still_of_the_last_step_shows_what_backward_did(browser: Browser, tmp_path: Path, make: Any) -> None:
    """Each edge that a gradient passed has a head at the variable that received it, and each gradient stands in a lane."""
    browser.prefer(still=True)
    browser.open(Path(make().save(tmp_path / "n.html")))
    heads = """[...document.querySelectorAll('.edge')].map(e => { const r = e.querySelector('polygon').getBoundingClientRect();
        const [x, y] = [r.x + r.width / 2, r.y + r.height / 2];
        const near = [...document.querySelectorAll('.node')].filter(n => { const b = n.querySelector('polygon, ellipse').getBoundingClientRect();
            return b.left - 9 < x && x < b.right + 9 && b.top - 9 < y && y < b.bottom + 9; });
        return [e.classList.contains('went'), getComputedStyle(e.querySelector('polygon')).display, near.map(n => Boolean(n.querySelector('polygon')))]; })"""
    seen = "[...document.querySelectorAll('.lane')].map(e => getComputedStyle(e).visibility)"
    browser.press("0")
    before = browser.evaluate(heads)
    assert not any(went for went, *_ in before) and set(browser.evaluate(seen)) == {"hidden"}
    browser.press("End")
    after = browser.evaluate(heads)
    assert set(browser.evaluate(seen)) == {"visible"}
    assert sum(went for went, *_ in after) > len(after) / 2
    for (_, _, was), (went, display, now) in zip(before, after):
        assert display != "none" and was and now
        assert (was != now) == went  # from the operation to the variable, or the other way round
    browser.press("Home")
    assert browser.evaluate(heads) == before


def test_a_box_is_filled_once_its_gradient_is_there(browser: Browser, tmp_path: Path) -> None:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid(), nn.Linear(3, 3))
    loss = net(ag.ones(4, 3)).mean()
    boxes = script(loss, names=net)["boxes"]
    browser.open(Path(graph_player(loss, names=net).save(tmp_path / "net.html")))
    fills = "[...document.querySelectorAll('.node > g > a > polygon')].map(e => e.getAttribute('fill'))"
    before = browser.evaluate(fills)
    browser.press("End")
    after = browser.evaluate(fills)
    expected = [box["fills"][-1][1] for box in boxes.values() if box["fills"]]
    assert len(expected) >= 6 and sorted(a for a, b in zip(after, before) if a != b) == sorted(expected)
    browser.press("Home")
    assert browser.evaluate(fills) == before
    key = "document.querySelector('.player .key').textContent"  # at the edge of the window, however wide the graph is
    assert "vanished" in browser.evaluate(key) and "rms of the gradient" in browser.evaluate(key)
    assert browser.evaluate("document.querySelectorAll('.key rect').length") == 21
    assert browser.evaluate("(r => r.left >= 0 && r.right <= innerWidth)(document.querySelector('.key svg').getBoundingClientRect())")
    assert "rms of" not in browser.evaluate("document.querySelector('.stage').textContent")
    browser.open(Path(graph_player(loss, names=net, color=None).save(tmp_path / "plain.html")))
    assert not browser.evaluate("document.querySelectorAll('.key').length")


def test_any_entry_of_a_small_array_is_worked_out(browser: Browser, tmp_path: Path) -> None:
    """The largest at first, then the one that is chosen, by the keyboard too, which does not move the film then."""
    x = ag.tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True)
    page = tmp_path / "page.html"
    graph_player((x * x).sum(), names={"x": x}).save(page)
    browser.open(page, "#step=5")
    said = "document.querySelector('.entry').textContent.split(': ').pop()"
    assert browser.evaluate("[...document.querySelector('.entry').querySelectorAll('option')].map(o => o.textContent)") == [
        "[0,0]", "[0,1]", "[1,0]", "[1,1] the largest",
    ]  # fmt: skip
    assert browser.evaluate(said) == "g[1,1] · x[1,1] = 1 · (−4) = −4"
    browser.evaluate("document.querySelector('.entry select').focus()")
    browser.press("ArrowUp")
    assert browser.evaluate(said) == "g[1,0] · x[1,0] = 1 · 3 = 3"
    browser.press("Home")
    assert browser.evaluate(said) == "g[0,0] · x[0,0] = 1 · 1 = 1"
    squares = "document.querySelector('.entries').querySelectorAll('rect')"
    assert browser.evaluate(f"[...{squares}].map(e => e.classList[0])") == ["above", "above", "above", "below"]
    for i, how in ((1, "g[0,1] · x[0,1] = 1 · 2 = 2"), (3, "g[1,1] · x[1,1] = 1 · (−4) = −4")):
        browser.click(*place(browser, f"{squares}[{i}]"))
        assert browser.evaluate(said) == how
        assert browser.evaluate(f"[...{squares}].findIndex(e => e.classList.contains('chosen'))") == i
    browser.press("ArrowUp")  # the keys go on from there
    assert browser.evaluate(said) == "g[1,0] · x[1,0] = 1 · 3 = 3"
    assert browser.evaluate("location.hash") == "#step=5"


def test_of_a_large_array_the_largest_entry_alone_is_worked_out_and_that_is_said(browser: Browser, tmp_path: Path) -> None:
    x = ag.arange(400.0).reshape(20, 20).requires_grad_()
    browser.open(Path(graph_player((x * x).sum(), names={"x": x}).save(tmp_path / "page.html")), "#step=5")
    text = browser.evaluate("document.querySelector('.entry').textContent")
    assert text.startswith("largest entry [19,19]: ") and text.endswith(" (the other 399 are too many for a page)")
    assert browser.evaluate("document.querySelector('.entries, .entry select')") is None


def test_a_box_tells_its_details_once_it_is_known(browser: Browser, page: Path) -> None:
    browser.open(page)
    title = (
        "[...document.querySelectorAll('.node')].find(n => n.querySelector('text').textContent === 'u').querySelector('title').textContent"
    )
    assert browser.evaluate(title) == "u"
    browser.press("End")
    assert browser.evaluate(title) == "u\nresult of +\n0.050000000000000044"


def test_buttons_keys_and_slider(browser: Browser, page: Path) -> None:
    browser.open(page)
    for do, step in (("on", 1), ("on", 2), ("back", 1), ("last", 17), ("on", 17), ("first", 0), ("back", 0)):
        click(browser, do)
        assert browser.evaluate(STEP) == step
    for key, step in (("ArrowRight", 1), ("End", 17), ("ArrowLeft", 16), ("Home", 0)):
        browser.press(key)
        assert browser.evaluate(STEP) == step
    browser.press("ArrowRight", modifiers=1)  # with Alt it is the browser's own
    assert browser.evaluate(STEP) == 0
    x, y, width = browser.evaluate("(r => [r.x, r.y + r.height / 2, r.width])(document.querySelector('input').getBoundingClientRect())")
    browser.drag((x + 8, y), (x + width / 4, y), (x + width - 8, y))
    assert browser.evaluate(COUNT) == "Backward 8 / 8"
    browser.press("ArrowLeft")  # the slider has the focus, and the key counts once
    assert browser.evaluate(STEP) == 16


def test_play_and_pause(browser: Browser, page: Path, tmp_path: Path) -> None:
    playing = f"{BUTTON.format('play')}.textContent === 'Pause'"
    browser.open(page)
    click(browser, "play")
    browser.wait(f"{STEP} === 17 && !({playing})")
    browser.press(" ")  # at the end it begins again
    assert browser.evaluate(f"{playing} && {STEP} < 17")
    browser.wait(f"{STEP} > 2")
    browser.press(" ")
    step = browser.evaluate(STEP)
    time.sleep(0.1)
    assert browser.evaluate(f"!({playing}) && {STEP}") == step
    click(browser, "on")
    browser.press(" ")  # after a click of the mouse, too, it plays
    assert browser.evaluate(playing)
    slow = Path(neuron(delay=30).save(tmp_path / "slow.html"))
    browser.open(slow)
    browser.press(" ")
    assert browser.evaluate(f"{playing} && {STEP} === 0")
    browser.press("ArrowRight")
    assert browser.evaluate(f"!({playing}) && {STEP} === 1")


def test_the_address_names_the_step(browser: Browser, page: Path) -> None:
    browser.open(page, "#step=12")
    assert browser.evaluate(COUNT) == "Backward 3 / 8"
    pages = browser.evaluate("history.length")
    browser.press("ArrowRight")
    browser.wait("location.hash === '#step=13'")
    assert browser.evaluate("history.length") == pages  # steps are no pages to go back to
    browser.evaluate("location.hash = '#step=2'")
    browser.wait(f"{STEP} === 2")
    for odd, step in (("#step=999", 17), ("#step=x", 0), ("#step=-1", 0), ("#elsewhere", 0)):
        browser.open(page, odd)
        assert browser.evaluate(STEP) == step


def test_fit_zoom_and_pan(browser: Browser, page: Path) -> None:
    browser.open(page)
    scale, left, top = start = browser.evaluate(VIEW)
    browser.press("+")
    assert browser.evaluate(VIEW)[0] == pytest.approx(1.25 * scale)
    browser.press("-")
    assert browser.evaluate(VIEW) == pytest.approx(start)
    click(browser, "in")
    click(browser, "out")
    click(browser, "out")
    assert browser.evaluate(VIEW)[0] == pytest.approx(0.8 * scale)
    browser.press("0")
    assert browser.evaluate(VIEW) == start
    x, y = 300, 250
    browser.wheel(x, y, -200)  # scrolls the page, as it does beside the picture
    assert browser.evaluate("new Promise(done => setTimeout(done, 100))") is None and browser.evaluate(VIEW) == start
    browser.click(x, y)
    under = [(x - left) / scale, (y - top) / scale]
    browser.wheel(x, y, -200)
    browser.wait(f"{VIEW}[0] > {scale}")
    near, left2, top2 = browser.evaluate(VIEW)
    assert [(x - left2) / near, (y - top2) / near] == pytest.approx(under)  # what is under the mouse stays there
    browser.drag((x, y), (x + 40, y + 10), (x + 70, 20))  # out of the picture, over the bar
    assert browser.evaluate(VIEW) == pytest.approx([near, left2 + 70, top2 + 20 - y])
    click(browser, "fit")
    assert browser.evaluate(VIEW) == start
    browser.size(900, 500)
    browser.wait(f"{VIEW}[0] < {scale}")  # and fits the window that it gets
    assert browser.evaluate("(r => r.x > -1 && r.right < innerWidth + 1)(document.querySelector('.graph').getBoundingClientRect())")


LOOK = """(p => { const css = (s, k) => getComputedStyle(p.querySelector(s))[k]; return [getComputedStyle(p).backgroundColor,
    css('.node polygon', 'fill'), css('.node polygon', 'stroke')]; })(document.querySelector('.player'))"""


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_themes(browser: Browser, tmp_path: Path, theme: str) -> None:
    page = Path(neuron(theme=theme).save(tmp_path / "n.html"))
    browser.open(page)
    for system in ("light", "dark", "light"):
        browser.prefer(dark=system == "dark")
        looks = system if theme == "auto" else theme
        fill, border = LOOKS["parameter"][looks == "dark"]
        look = [rgb(PAPER[looks]), rgb(str(fill)), rgb(str(border))]  # the first box is a parameter
        browser.wait(f"String({LOOK}) === {json.dumps(','.join(look))}")


def test_the_wheel_scrolls_a_notebook_past_the_film(browser: Browser, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><meta charset=utf-8>{neuron()._repr_html_()}<div style='height: 2000px'></div>", "utf-8")
    browser.open(notebook)
    scale = "document.querySelector('iframe').contentDocument.querySelector('.graph').getScreenCTM().a"
    before = browser.evaluate(scale)
    browser.wheel(600, 300, 100)
    browser.wait("scrollY > 50")
    assert browser.evaluate(scale) == before
    browser.evaluate("scrollTo(0, 0)")
    browser.call("Input.dispatchMouseEvent", type="mouseWheel", x=600, y=300, deltaX=0, deltaY=-100, modifiers=2)  # with Ctrl
    browser.wait(f"{scale} > {before}")
    assert browser.evaluate("scrollY") == 0
    browser.move(600, 620)  # beside it, and a click there is forgotten
    browser.click(600, 300)
    browser.move(600, 620)
    browser.wheel(600, 300, 100)
    browser.wait("scrollY > 50")


def test_a_film_is_as_dark_as_the_notebook_around_it(browser: Browser, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><meta charset=utf-8><body style='background: #111'><div>{neuron()._repr_html_()}</div>", "utf-8")
    browser.open(notebook)
    dark = "document.querySelector('iframe').contentDocument.querySelector('.player').classList.contains('dark')"
    browser.wait(dark)
    browser.evaluate("void (document.body.style.background = 'white')")
    browser.prefer(dark=True)
    browser.wait(f"!({dark})")
    browser.evaluate("void (document.body.style.background = '')")  # then there is no telling but by the system
    browser.wait(dark)


def test_a_click_on_a_box_goes_to_its_step(browser: Browser, page: Path) -> None:
    browser.open(page)
    node = "[...document.querySelectorAll('.node')].find(n => n.querySelector('text').textContent === {!r})"
    told = []
    for _ in range(3):
        browser.click(*place(browser, node.format("u")))
        told.append((browser.evaluate(STEP), browser.evaluate(PANEL).split("\n")[0]))
    assert [head for _, head in told] == ["+ computes u", "∂L/∂a = −1.9 flows back through tanh", "+ computes u"]
    browser.click(*place(browser, node.format("tanh")))
    assert browser.evaluate(PANEL).startswith("tanh computes a")
    x, y = place(browser, node.format("L"))
    browser.drag((x, y), (x - 30, y))  # that was to move the picture
    assert browser.evaluate(PANEL).startswith("tanh computes a")


@pytest.mark.parametrize(("width", "mobile"), [(1280, False), (375, True)])
def test_the_numbers_on_the_way_back_stand_in_their_pills(browser: Browser, tmp_path: Path, width: int, mobile: bool) -> None:
    net = nn.Sequential(*[layer for _ in range(12) for layer in (nn.Linear(16, 16), nn.Tanh())])
    browser.size(width, 640, mobile)
    browser.open(Path(graph_player(net(ag.ones(2, 16)).sum(), names=net).save(tmp_path / "n.html")))
    outside = """[...document.querySelectorAll('.edge text')].filter(t => {
        const a = t.getBoundingClientRect(), b = t.previousElementSibling.getBoundingClientRect();
        return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1; }).length"""
    browser.press("End")
    assert browser.evaluate("document.querySelectorAll('.edge text').length") > 30 and browser.evaluate(outside) == 0


def test_the_picture_fills_the_stage_where_it_is_larger(browser: Browser, tmp_path: Path) -> None:
    net = nn.Sequential(*[layer for _ in range(12) for layer in (nn.Linear(16, 16), nn.Tanh())])
    browser.open(Path(graph_player(net(ag.ones(2, 16)).sum(), names=net).save(tmp_path / "n.html")))
    gaps = "(r => [r.left, innerWidth - r.right])(document.querySelector('.graph').getBoundingClientRect())"
    for key in ("Home", "End"):
        browser.press(key)
        assert max(browser.evaluate(gaps)) < 20


def test_every_colour_of_the_picture_has_a_dark_one(browser: Browser, tmp_path: Path) -> None:
    browser.open(Path(classifier().save(tmp_path / "m.html")), "#step=7")
    browser.prefer(dark=True)
    browser.wait("document.querySelector('.player').classList.contains('dark')")
    light = "[...document.querySelectorAll('.graph *')].filter(e => e.closest('.node, .edge, .cluster'))"
    dark = {c for k in LOOKS.values() for c in k[1] if c} | {"#e8eaee", "#1a1e24", "#444c58", "#14171c"}
    used = browser.evaluate(
        f"[...new Set({light}.flatMap(e => ['fill', 'stroke'].filter(k => e.hasAttribute(k)).map(k => getComputedStyle(e)[k])))]"
    )
    assert set(used) - {"none"} <= {rgb(str(c)) for c in dark}


def test_nothing_moves_for_those_who_ask_for_that(browser: Browser, page: Path) -> None:
    browser.open(page, "#step=12")
    assert browser.evaluate("document.getAnimations().length") > 0
    browser.prefer(still=True)
    browser.open(page, "#step=12")
    assert browser.evaluate("document.getAnimations().length") == 0
    browser.press(" ")
    browser.wait(f"{STEP} === 17")
    assert browser.evaluate("document.getAnimations().length") == 0


CUT = """[...document.querySelectorAll('.bar > *, .panel *')].filter(e => getComputedStyle(e).display !== 'none' && e.getClientRects().length)
    .filter(e => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > innerWidth + .5; }).map(e => e.outerHTML)"""


@pytest.mark.parametrize("make", [neuron, classifier])
def test_a_phone(browser: Browser, tmp_path: Path, make: Any) -> None:
    browser.size(375, 667, mobile=True)
    browser.open(Path(make().save(tmp_path / "n.html")))
    last = browser.evaluate("Number(document.querySelector('input').max)")
    for step in range(last + 1):
        browser.press("ArrowRight") if step else None
        assert browser.evaluate(CUT) == []
        assert browser.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [375, 375]
        seen = """[...document.querySelectorAll('.node.now')].map(n => n.querySelector('ellipse')).filter(Boolean).every(n => {
            const r = n.getBoundingClientRect(), s = document.querySelector('.stage').getBoundingClientRect();
            return r.left >= 0 && r.right <= 375 && r.top >= s.top && r.bottom <= s.bottom; })"""
        assert browser.evaluate(seen)  # the picture follows, large enough to read
        assert browser.evaluate("document.querySelector('.node text').getBoundingClientRect().height") > 9
    scale, left, top = browser.evaluate(VIEW)
    browser.touch([(150, 350)], [(180, 360)], [(200, 380)])
    assert browser.evaluate(VIEW) == pytest.approx([scale, left + 50, top + 30], abs=1)
    browser.touch([(150, 350), (210, 350)], [(120, 350), (240, 350)])
    assert browser.evaluate(VIEW)[0] == pytest.approx(2 * scale, rel=0.05)
    click(browser, "fit")
    assert browser.evaluate("(r => r.left > -1 && r.right < 376)(document.querySelector('.graph').getBoundingClientRect())")


def test_it_can_be_used_without_eyes_or_mouse(browser: Browser, page: Path) -> None:
    browser.open(page)
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    names = {(n["role"]["value"], n.get("name", {}).get("value")) for n in nodes if not n["ignored"]}
    for name in ("First step", "Step back", "Play", "Step forward", "Last step", "Fit the graph", "Zoom in", "Zoom out"):
        assert ("button", name) in names
    assert {
        ("slider", "Step"),
        ("heading", "One neuron"),
        ("region", "This step"),
        ("group", "Graph"),
        ("spinbutton", "w"),
        ("spinbutton", "t"),
    } <= names
    assert browser.evaluate("document.querySelector('.panel').ariaLive") == "polite"
    browser.press("ArrowRight")
    assert browser.evaluate("document.querySelector('input').getAttribute('aria-valuetext')") == "Forward 1 of 8"
    order = []
    for _ in range(9):
        browser.press("Tab")
        order.append(browser.evaluate("document.activeElement.dataset.do ?? document.activeElement.type"))
        assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert order == ["first", "back", "play", "on", "last", "range", "fit", "out", "in"]
    browser.evaluate(f"{BUTTON.format('on')}.focus()")
    browser.press(" ")  # presses the button that has the focus
    assert browser.evaluate(STEP) == 2
    browser.press("Enter")
    assert browser.evaluate(STEP) == 3


def test_two_players_on_a_page(browser: Browser, tmp_path: Path) -> None:
    both = tmp_path / "both.html"
    both.write_text(neuron(title="One", theme="light").html + neuron(title="Two", theme="dark").html + "<p><input id=other></p>", "utf-8")
    browser.open(both, "#step=3")
    steps = "[...document.querySelectorAll('.bar input')].map(e => Number(e.value))"
    assert browser.evaluate(steps) == [3, 0]  # the address is the first one's
    browser.press("ArrowRight")
    assert browser.evaluate(steps) == [4, 0]
    browser.evaluate("scrollTo(0, document.body.scrollHeight)")
    browser.move(600, 300)  # over the second
    browser.press("End")
    assert browser.evaluate(steps) == [4, 17]
    browser.wait("location.hash === '#step=4'")
    browser.evaluate("document.querySelector('.player button').focus()")
    browser.press("ArrowLeft")
    assert browser.evaluate(steps) == [3, 17]
    browser.evaluate("document.querySelector('#other').focus()")
    browser.press("Home")  # keys of others' fields are theirs
    assert browser.evaluate(steps) == [3, 17]
    papers = browser.evaluate("[...document.querySelectorAll('.player')].map(p => getComputedStyle(p).backgroundColor)")
    assert papers == [rgb(PAPER["light"]), rgb(PAPER["dark"])]
    assert browser.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)") == ["other"]
    blank = "(f => { const k = Object.keys(f.contentWindow); f.remove(); return k; })(document.body.appendChild(document.createElement('iframe')))"
    extra = browser.evaluate(f"(blank => Object.keys(window).filter(k => !blank.includes(k) && !/^\\d+$/.test(k)))({blank})")
    assert extra == []


def test_a_notebook(browser: Browser, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    frames = "".join(f"<div>{neuron(title=t, delay=0.02)._repr_html_()}</div>" for t in ("One", HOSTILE))
    notebook.write_text(f"<!doctype html><meta charset=utf-8>{frames}", "utf-8")
    browser.open(notebook, "#step=5")
    steps = "[...document.querySelectorAll('iframe')].map(f => Number(f.contentDocument.querySelector('input').value))"
    assert browser.evaluate(steps) == [0, 0]  # the address is the notebook's
    browser.click(600, 300)
    browser.press("ArrowRight")
    browser.press("ArrowRight")
    assert browser.evaluate(steps) == [2, 0]
    browser.evaluate("document.querySelectorAll('iframe')[1].scrollIntoView()")
    browser.click(600, 300)
    browser.press(" ")
    browser.wait(f"{steps}[1] === 17")
    time.sleep(0.3)  # until an address would have been written
    assert browser.evaluate(f"[location.hash, {steps}[0], frames[1].location.hash]") == ["#step=5", 2, ""]
    titles = browser.evaluate("[...document.querySelectorAll('iframe')].map(f => f.contentDocument.querySelector('h1').textContent)")
    assert titles == ["One", HOSTILE]


def test_hostile_names_are_shown_as_they_are(browser: Browser, tmp_path: Path) -> None:
    a, b = Value(-1.0), Value(2.0)
    hostile, rtl = HOSTILE[:39], "אב\u202eג"
    y = a * b
    player = graph_player(y, names={hostile: a, rtl: b, "<!--graph--><i>&lt;": y}, title=HOSTILE)
    browser.open(Path(player.save(tmp_path / "n.html")), "#step=1")
    assert browser.evaluate("[document.querySelector('h1').textContent, document.title]") == [HOSTILE, HOSTILE.replace("\u2028", "\u2028")]
    assert set(browser.evaluate(TEXTS)) == {hostile, rtl, "<!--graph--><i>&lt;"}
    assert browser.evaluate("document.querySelectorAll('b, i').length") == 0 and browser.evaluate("document.scripts.length") == 2
    assert browser.evaluate("document.querySelector('.panel p').textContent") == (
        f"<!--graph--><i>&lt; = \u2068{hostile}\u2069 × \u2068{rtl}\u2069 = −1 × 2 = −2".replace(f"\u2068{hostile}\u2069", hostile)
    )
    browser.press("End")
    assert browser.evaluate("document.querySelector('.panel th + td') !== null")
    assert "alert" not in html.unescape(
        re.sub(r"(?s)<title>.*?</title>|<h1.*?</h1>|<svg.*?</svg>|<script type.*?</script>", "", player.html)
    )


OVERLAPS = """(() => {
    const box = e => e.getBoundingClientRect(), clear = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
    const shapes = [...document.querySelectorAll('.node')].map(n => n.querySelector('polygon, ellipse'));
    const pills = [...document.querySelectorAll('.edge.now rect')].filter(e => getComputedStyle(e).visibility === 'visible');
    const wide = shapes.flatMap(s => [...s.parentNode.querySelectorAll('text')].filter(t => t.textContent && (box(t).left < box(s).left || box(t).right > box(s).right)).map(t => t.textContent));
    const covered = pills.flatMap((p, i) => [...shapes, ...pills.slice(i + 1)].filter(s => !clear(box(p), box(s))).map(s => s.parentNode.textContent));
    return [wide, covered, pills.length]; })()"""


def wide() -> Player:
    """The page of a reader whose letters are wider than those that the boxes were made for."""
    return Player(neuron().html.replace("</style>", ".player .node text { letter-spacing: .13em; }</style>"))


@pytest.mark.parametrize("make", [neuron, classifier, wide])
def test_no_text_covers_another_or_leaves_its_box(browser: Browser, tmp_path: Path, make: Any) -> None:
    browser.open(Path(make().save(tmp_path / "n.html")))
    pills = 0
    for _ in range(browser.evaluate("Number(document.querySelector('input').max)") + 1):
        wide, covered, count = browser.evaluate(OVERLAPS)
        assert (wide, covered) == ([], [])
        pills += count
        browser.press("ArrowRight")
    assert pills > 0


@pytest.mark.long
def test_a_step_of_282_operations_changes_what_it_shows_and_no_more(browser: Browser, tmp_path: Path) -> None:
    """That makes a step quick: a leap, of all of them, changes some hundred times as much."""
    net = nn.MLP(2, [10, 10, 1], activation=nn.Tanh).scalars()
    loss = (net([1.0, -2.0]) - 1) ** 2
    path = Path(graph_player(loss, max_ops=300).save(tmp_path / "n.html"))
    browser.open(path)
    assert browser.evaluate(COUNT) == "Forward 0 / 282"
    changed = """(async (names, count) => { const changes = [], observer = new MutationObserver(() => 0);
        observer.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
        for (let i = 0; i < count; i++) { document.querySelector(`[data-do=${names[i % names.length]}]`).click();
            changes.push(observer.takeRecords().length); } return changes; })"""
    for near in (True, False):
        if not near:
            browser.press("0")
        steps, leaps = (browser.evaluate(f"{changed}({names}, {count})") for names, count in (('["on"]', 60), ('["last", "first"]', 4)))
        assert max(steps) < 60 and 1000 < max(leaps) < 6000, (steps, leaps)
    browser.press("End")
    grads = browser.evaluate(TEXTS)
    loss.backward()
    leaves = dict(net.named_parameters())
    assert len(leaves) == 151
    assert all(grads[name][1] == f"grad {number(v.grad)}" for name, v in leaves.items())


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda v, w: v * w, "v × w = 1 × 3 = 3"), (lambda v, w: w * w, "w² = 3² = 9"), (lambda v, w: v * v, "v² = 1² = 1"),
        (lambda v, w: w * Value(3.0, label="u"), "w × u = 3 × 3 = 9"), (lambda v, w: w * -2.5, "w × (−2.5) = 3 × (−2.5) = −7.5"),
        (lambda v, w: v - w, "v − w = 1 − 3 = −2"), (lambda v, w: -w, "−w = −3 = −3"), (lambda v, w: (v - w) * w, "v2 × w = −2 × 3 = −6"),
    ],
)  # fmt: skip
def test_what_is_said_of_an_operation_has_all_its_numbers(make: Any, told: str) -> None:
    """Also those that are 1, and those that are equal by chance."""
    v, w = Value(1.0, label="v"), Value(3.0, label="w")
    steps = [s for s in script(make(v, w), v=v, w=w)["steps"] if s["phase"] == "Forward"]
    assert steps[-1]["text"].partition(" = ")[2] == told


def test_a_slope_that_is_a_number_is_said_once() -> None:
    v = Value(2.0, label="v")
    for y, local in ((-v, "(−1)"), (3.0 - v, "(−1)"), (v * -2.5, "(−2.5)"), (v + 1.0, "1")):
        assert script(y, v=v)["steps"][-1]["rows"][1][1] == f"1 × {local}"

"""The explorer in a real browser: what opens and closes, what is lit and said, what the address keeps, and on which screens."""

import json
import math
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import autograd as ag
import nn
from autograd import Value
from autograd.drawing.looks import PAPER
from autograd.pages.explorer import LIMIT, Explorer, explore
from autograd.pages.page import piece
from autograd.program.reading import read
from autograd.program.words import number
from tests.autograd.drawing.test_flow import graphs
from tests.autograd.pages.test_player import HOSTILE, neuron_loss, rgb
from tests.browser import Browser


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        return x + self.fc2(self.fc1(x).relu())


def residual(seed: int = 0) -> tuple[Any, Any]:
    """A network with two skips, and its loss."""
    ag.manual_seed(seed)
    net = nn.Sequential(nn.Linear(3, 8), Block(8), Block(8), nn.Linear(8, 2))
    return nn.functional.cross_entropy(net(ag.ones(4, 3)), ag.tensor([0, 1, 1, 0])), net


def layers(count: int = 50) -> Explorer:
    ag.manual_seed(0)
    net = nn.Sequential(*[m for _ in range(count) for m in (nn.Linear(32, 32), nn.Tanh())])
    return explore(nn.functional.cross_entropy(net(ag.randn(8, 32)), ag.randint(0, 10, (8,))), names=net)


def told(page: Explorer) -> list[dict[str, Any]]:
    """What the page is told of each side."""
    found = re.search(r'<script type="application/json">(.*?)</script>', page.html, re.S)
    assert found is not None
    return json.loads(found[1])["sides"]


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    loss, net = residual()
    return Path(explore(loss, names=net, title="Two skips").save(tmp_path / "net.html"))


@pytest.fixture
def scalars(tmp_path: Path) -> Path:
    return Path(explore(neuron_loss()[0]).save(tmp_path / "neuron.html"))


STATUS = "document.querySelector('.status').textContent"
ITEM = "[...document.querySelectorAll('.graph [data-id]:not(.over)')].find(e => e.ariaLabel.startsWith({!r}))"
ENTRY = "[...document.querySelectorAll('[role=treeitem]')].find(e => e.textContent.startsWith({!r}))"
TITLE = "document.querySelector('.over[data-id=\"' + " + ITEM + ".dataset.id + '\"] .title')"
SHOWN = "[...document.querySelectorAll('.graph .node')].map(e => e.ariaLabel.split(',')[0])"
FRAMES = "[...document.querySelectorAll('.graph .frame')].map(e => e.ariaLabel.split(',')[0])"
LIT = "(kind => [...document.querySelectorAll('.graph .node.' + kind)].map(e => e.ariaLabel.split(',')[0]).sort())"
PANEL = "document.querySelector('.panel').innerText"


def place(browser: Browser, element: str) -> tuple[float, float]:
    """The middle of an element."""
    x, y = browser.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])(({element}).getBoundingClientRect())")
    return x, y


def settle(browser: Browser) -> None:
    browser.wait("document.getAnimations().length === 0")


def rest(browser: Browser, element: str) -> None:
    browser.move(1, 1)
    browser.move(*place(browser, element))


# What it takes and says.
def test_it_says_what_it_is_and_leaves_gradients_alone(tmp_path: Path) -> None:
    loss, net = residual()
    page = explore(loss, names=net, title="A < B")
    assert repr(page) == '<explorer "A < B": .save("explorer.html") writes it, a notebook shows it>'
    assert all(p.grad is None for p in net.parameters())
    assert "The graph of loss</title>" in explore(loss, names=net).html
    assert explore(loss, names=net).html == explore(loss, names=net).html
    assert Path(page.save(tmp_path / "p.html")).read_text("utf-8") == page.html


def test_a_box_bears_the_name_that_the_list_gives_it(browser: Browser, tmp_path: Path) -> None:
    x, w = Value(2.0, label="x"), Value(-1.5)
    browser.open(Path(explore((x * w + 1).tanh() * x, names={"a weight": w}).save(tmp_path / "page.html")))
    listed = browser.evaluate("[...document.querySelectorAll('[role=treeitem]')].map(e => e.textContent)")
    boxes = browser.evaluate("[...document.querySelectorAll('.graph .node')].map(e => e.querySelector('text.name, .name').textContent)")
    assert len(boxes) == len(listed) == 6 and all(any(entry.startswith(name) for entry in listed) for name in boxes), (boxes, listed)


def test_errors() -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match="explore takes Values and Tensors, got Linear"):
        explore(nn.Linear(2, 2))
    with pytest.raises(TypeError, match="explore takes Values and Tensors"):
        explore(x * x, 3.0)
    with pytest.raises(ValueError, match="theme must be one of"):
        explore(x * x, theme="blue")
    with pytest.raises(TypeError, match="title is a text, got int"):
        explore(x * x, title=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="color must be one of"):
        explore(x * x, color="red")


def test_a_graph_beyond_all_measure_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.pages.explorer.LIMIT", 50)
    x = Value(1.0)
    for _ in range(60):
        x = x * x
    with pytest.raises(ValueError, match=r"explore: the graph has 61 variables; at most 50 fit into a page\. Explore a part"):
        explore(x)
    for _ in range(1000):
        x = x * x
    with pytest.raises(ValueError, match=r"explore: the graph has more than 200 variables"):
        explore(x)
    assert LIMIT >= 10_000


def test_what_is_refused_as_a_picture_names_the_way_out() -> None:
    y = Value(1.0)
    for _ in range(1000):
        y = y + 1
    for show in (ag.draw, ag.graph_player):
        with pytest.raises(ValueError, match=r'ag\.explore\(output\)\.save\("explore\.html"\)'):
            show(y)
    explore(y)


def test_fifty_layers_are_a_page_of_less_than_a_megabyte() -> None:
    assert len(layers().html.encode()) < 1_000_000


# Opening and closing.
def edges_hold(browser: Browser, data: dict[str, Any]) -> None:
    """At any state, each argument is inside of one box, or there is an edge for it."""
    groups, nodes = data["groups"], data["nodes"]
    seen = browser.evaluate("[...document.querySelectorAll('.graph .node')].map(e => e.dataset.id)")
    drawn = browser.evaluate("[...document.querySelectorAll('.graph .edge')].map(e => e.dataset.edge)")
    assert len(set(seen)) == len(seen) and len(set(drawn)) == len(drawn)

    def shown(i: int) -> str:
        found = [f"v{i}"] if f"v{i}" in seen else []
        group = nodes[i]["home"]
        while group >= 0:
            found += [f"m{group}"] if f"m{group}" in seen else []
            group = groups[group]["parent"]
        assert len(found) == 1  # in one place
        return found[0]

    wanted = {
        f"{shown(a)} {shown(i)}" for i, row in enumerate(nodes) for a in row.get("args", ()) if a is not None and shown(a) != shown(i)
    }
    assert wanted == set(drawn)


def test_every_edge_is_there_at_every_state(browser: Browser, tmp_path: Path) -> None:
    loss, net = residual()
    page = explore(loss, names=net)
    (data,) = told(page)
    file = Path(page.save(tmp_path / "p.html"))
    for opened in ("", "m1", "m1,m2", "m1,m3", "m1,m3,m4,m5,m6", ",".join(f"m{i}" for i in range(1, len(data["groups"])))):
        browser.open(file, f"#open={opened}")
        edges_hold(browser, data)
        inside = """(outer => [...document.querySelectorAll('.graph .node')].every(e => { const r = e.getBoundingClientRect();
            return [...document.querySelectorAll('.graph .node')].every(f => f === e || (q => q.right <= r.left + 1 || q.left >= r.right - 1
            || q.bottom <= r.top + 1 || q.top >= r.bottom - 1)(f.getBoundingClientRect())); }))()"""
        assert browser.evaluate(inside)  # no box on another
    assert browser.errors == [] and browser.requests == [file.as_uri()]


def test_a_click_opens_and_closes_and_what_was_clicked_stays_under_the_pointer(browser: Browser, nets: Path) -> None:
    browser.open(nets, "#open=m1")
    before = browser.evaluate(SHOWN)
    x, y = place(browser, ITEM.format("1: Block"))
    browser.click(x, y)
    settle(browser)
    assert "1: Block" in browser.evaluate(FRAMES) and "1: Block" not in browser.evaluate(SHOWN)
    left, top, right, bottom = browser.evaluate(
        f"(r => [r.left, r.top, r.right, r.bottom])(({TITLE.format('1: Block')}).getBoundingClientRect())"
    )
    assert left <= x <= right and top <= y <= bottom
    browser.click(x, y)
    settle(browser)
    assert browser.evaluate(SHOWN) == before
    left, top, right, bottom = browser.evaluate(
        f"(r => [r.left, r.top, r.right, r.bottom])(({ITEM.format('1: Block')}).getBoundingClientRect())"
    )
    assert left <= x <= right and top <= y <= bottom


def test_the_tree_is_one_that_screen_readers_know(browser: Browser, nets: Path) -> None:
    browser.open(nets, "#open=m1")
    entries = [n for n in browser.call("Accessibility.getFullAXTree")["nodes"] if not n["ignored"] and n["role"]["value"] == "treeitem"]
    states = [{p["name"]: p["value"].get("value") for p in n["properties"]} for n in entries]
    assert len(entries) == len(browser.evaluate(SHOWN)) + 1 and [s["level"] for s in states][:3] == [1, 1, 2]
    assert [s.get("expanded") for s in states][:3] == [None, True, False]
    browser.evaluate(f"({ENTRY.format('0: Linear')}).focus()")
    focus = "document.activeElement.textContent"
    for key, where in (
        ("ArrowDown", "1: Block"), ("ArrowRight", "1: Block"), ("ArrowRight", "fc1: Linear"), ("ArrowRight", "fc1: Linear"), ("ArrowRight", "1.fc1.weight"),
        ("ArrowLeft", "fc1: Linear"), ("ArrowLeft", "fc1: Linear"), ("ArrowLeft", "1: Block"), ("ArrowUp", "0: Linear"), ("Enter", "0: Linear"),
    ):  # fmt: skip
        browser.press(key)
        assert browser.evaluate(focus).startswith(where)
    assert {"0: Linear", "1: Block"} <= {*browser.evaluate(FRAMES)} and "fc1: Linear" in browser.evaluate(SHOWN)
    browser.press("Enter")
    assert "0: Linear" in browser.evaluate(SHOWN)
    assert browser.evaluate("document.querySelectorAll('[role=treeitem][tabindex=\"0\"]').length") == 1


def test_it_begins_as_one_screen_that_can_be_read(browser: Browser, tmp_path: Path) -> None:
    browser.size(1280, 800)
    browser.open(Path(layers().save(tmp_path / "p.html")))
    sizes = browser.evaluate("[...document.querySelectorAll('.graph text')].map(t => t.getScreenCTM().a * 11)")
    assert min(sizes) >= 9 and len(browser.evaluate(SHOWN)) > 5
    assert browser.evaluate("""(s => [...document.querySelectorAll('.graph .node')].every(e => { const r = e.getBoundingClientRect();
        return r.left >= s.left && r.right <= s.right && r.top >= s.top && r.bottom <= s.bottom; }))
        (document.querySelector('.stage').getBoundingClientRect())""")


def test_all_can_be_opened_and_closed(browser: Browser, nets: Path) -> None:
    browser.open(nets)
    browser.click(*place(browser, "document.querySelector('[data-do=open]')"))
    assert len(browser.evaluate(FRAMES)) == 9
    browser.click(*place(browser, "document.querySelector('[data-do=close]')"))
    assert browser.evaluate(FRAMES) == []


def test_from_left_to_right_and_from_top_to_bottom(browser: Browser, nets: Path) -> None:
    spread = (
        "(r => [Math.max(...r.map(q => q.x)) - Math.min(...r.map(q => q.x)), Math.max(...r.map(q => q.y)) - Math.min(...r.map(q => q.y))])"
    )
    spread += "([...document.querySelectorAll('.graph .node')].map(e => e.getBoundingClientRect()))"
    browser.open(nets, "#open=m1&way=across")
    wide, high = browser.evaluate(spread)
    assert wide > 2 * high
    browser.press("t")
    settle(browser)
    wide, high = browser.evaluate(spread)
    assert high > 2 * wide


def test_a_skip_is_seen_across_closed_modules(browser: Browser, nets: Path) -> None:
    browser.open(nets, "#open=m1,m3&way=across")
    assert browser.evaluate("document.querySelectorAll('.edge.skip').length") == 1
    struck = """(edge => { const line = edge.querySelector('.line'), m = line.getScreenCTM(), boxes = [...document.querySelectorAll('.graph .node')]
        .map(e => e.querySelector('.outline').getBoundingClientRect()); let count = 0; for (let t = 8; t < line.getTotalLength() - 8; t += 2) {
        const p = line.getPointAtLength(t).matrixTransform(m); count += boxes.some(r => p.x > r.left && p.x < r.right && p.y > r.top && p.y < r.bottom); }
        return count; })"""
    assert browser.evaluate(f"{struck}(document.querySelector('.edge.skip'))") == 0
    assert browser.evaluate(f"[...document.querySelectorAll('.edge')].filter(e => {struck}(e) > 0).length") == 0


# Light.
def test_what_it_was_made_from_and_what_carries_its_gradient(browser: Browser, scalars: Path) -> None:
    browser.open(scalars)
    rest(browser, ITEM.format("u, "))
    assert browser.evaluate(f"['self', 'made', 'carries', 'dim'].map({LIT})") == [
        ["u"],
        ["b", "w", "x", "z"],
        ["L", "a", "d", "q"],
        ["r", "t", "v9"],
    ]
    assert browser.evaluate(STATUS) == "∂L/∂u = 1 · (−1.9) · 0.9975 = −1.895"
    assert browser.evaluate("[...document.querySelectorAll('.edge.carries')].length") == 4
    browser.move(2, 2)
    assert browser.evaluate("document.querySelectorAll('.graph .dim, .graph .made').length") == 0
    browser.evaluate("document.querySelector('[data-do=in]').focus()")
    for _ in range(40):  # and with the focus, which passes the picture
        browser.press("Tab")
        if browser.evaluate("document.activeElement.ariaLabel?.startsWith('u, ') ?? false"):
            break
    assert browser.evaluate(f"{LIT}('made')") == ["b", "w", "x", "z"]


@pytest.mark.parametrize("seed", range(4))
def test_a_number_that_reaches_the_output_through_tensors_too_has_no_product_of_numbers(
    browser: Browser, tmp_path: Path, seed: int
) -> None:
    """What is said to be a derivative is all of it: where one way is of tensors, the shapes are shown."""
    ag.manual_seed(seed)
    s, a = (ag.tensor(float(x), requires_grad=True) for x in (3, 2))
    l = (ag.randn(4, 3) * s).square().mean() * (a if seed % 2 else 1.0) + 0.1 * s**2 + a * 3 * a.detach()
    browser.open(Path(explore(l, names={"s": s, "a": a, "l": l}).save(tmp_path / "p.html")))
    l.backward()
    for name, n in (("s", s), ("a", a)):
        number_of = next(k for k, m in enumerate(read(l).nodes) if m is n)
        browser.evaluate(f"void (location.hash = '#open=&chosen=v{number_of}')")
        browser.wait(f"{STATUS}.startsWith('∂l/∂{name}')")
        said = browser.evaluate(STATUS)
        if "×" in said:
            assert name == "s"
        else:
            assert name == "a" and said.split(" = ")[-1] == number(n.grad.item())


def test_a_rule_of_a_users_own_that_raises_is_not_run_into(tmp_path: Path) -> None:
    class Mine(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: ag.Tensor) -> ag.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: ag.Tensor) -> ag.Tensor:
            raise ValueError("mine")

    x = ag.tensor(2.0, requires_grad=True)
    assert "not coloured by grad: ValueError: mine" in explore(Mine.apply(x) * 3).html


def test_the_product_along_the_way_is_the_gradient_of_the_engine(browser: Browser, scalars: Path) -> None:
    L, _ = neuron_loss()
    browser.open(scalars)
    nodes = read(L).nodes
    L.backward()
    for i, n in enumerate(nodes):
        if n.requires_grad and n.label:
            browser.evaluate(f"void (location.hash = '#open=&chosen=v{i}')")
            browser.wait(f"{STATUS}.startsWith('∂L/∂{n.label}')")
            said = browser.evaluate(STATUS)
            if n is not L:
                assert said.split(" = ")[-1] == number(n.grad)
                ways = [product.split(" · ") for product in said.split(" = ")[1].split(" + ")]
                total = 0.0
                for way in ways:
                    product = 1.0
                    for factor in way:
                        product *= float(factor.strip("()").replace("−", "-"))
                    total += product
                assert total == pytest.approx(n.grad, rel=2e-3)
    assert said == "∂L/∂L = 1: here backward begins"


def test_of_many_ways_a_few_are_said(browser: Browser, tmp_path: Path) -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(60):
        y = y + y
    y.label = "y"
    browser.open(Path(explore(y).save(tmp_path / "p.html")), "#chosen=v0")
    assert browser.evaluate(STATUS) == f"∂y/∂x = 1 + 1 + 1 + … {number(2.0**60)} more ways = {number(2.0**60)}"


def test_of_tensors_the_shapes_along_the_way(browser: Browser, nets: Path) -> None:
    browser.open(nets)
    browser.press("/")
    browser.call("Input.insertText", text="0.weight")
    browser.press("Enter")
    said = browser.evaluate(STATUS)
    assert said.startswith("∂loss/∂0.weight: loss ← cross entropy 4 ← linear 4×2 ← + 4×8 ← ") and said.endswith("linear 4×8 ← 0.weight 8×3")


def test_the_edges_of_one_result_alone(browser: Browser, nets: Path) -> None:
    browser.open(nets, "#open=m1,m3&way=across")
    browser.click(*place(browser, ITEM.format("0: Linear")))
    settle(browser)
    browser.move(2, 2)
    browser.press("e")
    lit = browser.evaluate("[...document.querySelectorAll('.edge.made')].length")
    browser.click(*place(browser, "document.querySelector('.panel [data-do=alone]')"))
    assert 0 < lit < browser.evaluate("[...document.querySelectorAll('.edge:not(.dim)')].length")


# The pane.
def test_the_pane_knows_all_of_a_node(browser: Browser, scalars: Path) -> None:
    browser.open(scalars)
    browser.click(*place(browser, ITEM.format("a, ")))
    said = browser.evaluate(PANEL)
    for text in (
        "a = tanh(u)",
        repr(math.tanh(0.5 * -1.5 + 0.8)),
        "into u",
        "g · (1 − a²) = (−1.9) · 0.9975 = −1.895",
        "made from",
        "used by",
    ):
        assert text in said
    browser.click(*place(browser, "document.querySelector('.panel [data-to]')"))
    assert browser.evaluate("document.querySelector('.panel h2').textContent") == "u"


def test_the_pane_shows_tensors(browser: Browser, nets: Path) -> None:
    browser.open(nets, "#chosen=v1")
    assert "gradient: rms" not in browser.evaluate(PANEL) and "rms" in browser.evaluate(PANEL)
    images = browser.evaluate(
        "[...document.querySelectorAll('.panel img')].map(i => [i.className, i.alt.slice(0, 20), i.naturalWidth > 0])"
    )
    assert images == [["value", "picture of the value", True], ["gradient", "picture of the gradi", True]]
    assert browser.evaluate("[...document.querySelectorAll('.path .link')].map(b => b.textContent)")[-1] == "0: Linear"


def test_the_source_both_ways(browser: Browser, tmp_path: Path) -> None:
    x = Value(2.0, label="x")
    with ag.record_lines():
        y = x * x
        z = y + x
    page = explore(z)
    assert str(Path(__file__).parent) not in page.html and "SECRET = 1" not in explore(x * x).html
    browser.open(Path(page.save(tmp_path / "p.html")))
    browser.click(*place(browser, ITEM.format("y, ")))
    line = "document.querySelector('.source .line.now')?.textContent.trim() ?? ''"
    assert browser.evaluate(line) == "y = x * x"
    other = "[...document.querySelectorAll('.source button')].find(b => b.textContent.trim() === 'z = y + x')"
    assert browser.evaluate("[...document.querySelectorAll('.source button')].map(b => b.textContent.trim())") == ["y = x * x", "z = y + x"]
    browser.evaluate(f"{other}.scrollIntoView({{block: 'center'}})")
    browser.click(*place(browser, other))
    assert browser.evaluate(f"{LIT}('own')")[-1:] == ["z"] and browser.evaluate(STATUS).endswith("recorded z")
    assert browser.evaluate(line) == "z = y + x"
    rest(browser, ITEM.format("x, "))
    browser.move(2, 2)
    assert browser.evaluate(f"{LIT}('own')")[-1:] == ["z"]  # until something else is chosen


# Finding things again.
def test_search_by_name_operation_and_shape(browser: Browser, nets: Path) -> None:
    browser.open(nets, "#open=")
    hits = "[...document.querySelectorAll('.found button')].map(b => b.firstChild.textContent)"
    for text, first in (
        ("fc2.bias", "1.fc2.bias"),
        ("cross entropy", None),
        ("8x3", "0.weight"),
        ("relu 4x8", None),
        ("nothing such", None),
    ):
        browser.press("/")
        browser.evaluate("void (document.querySelector('.search input').value = '')")
        browser.call("Input.insertText", text=text)
        found = browser.evaluate(hits)
        assert found[:1] == ([first] if first else found[:1]) and bool(found) == (text != "nothing such")
        browser.press("Escape")
    browser.press("/")
    browser.call("Input.insertText", text="1.fc2.bias")
    browser.press("Enter")
    assert "1.fc2.bias" in browser.evaluate(SHOWN) and browser.evaluate("document.querySelector('.panel h2').textContent") == "1.fc2.bias"


def test_the_address_keeps_what_is_open_and_chosen(browser: Browser, nets: Path) -> None:
    browser.open(nets, "#open=m1&way=across")
    browser.click(*place(browser, ITEM.format("2: Block")))
    browser.press("t")
    browser.wait("location.hash.includes('chosen=') && location.hash.includes('way=down')")
    hash, shown = browser.evaluate(f"[location.hash, {SHOWN}]")
    browser.open(nets, hash)
    assert browser.evaluate(SHOWN) == shown and browser.evaluate("document.querySelector('.panel h2').textContent") == "2: Block"
    for odd in ("#open=m999,x&chosen=v9999&colour=red&way=up", "#elsewhere", "#open"):
        browser.open(nets, odd)
        assert browser.errors == [] and browser.evaluate(SHOWN)


def test_a_map_where_the_picture_is_larger_than_its_window(browser: Browser, nets: Path) -> None:
    browser.open(nets, "#open=")
    useful = "document.querySelector('.map').classList.contains('useful')"
    assert not browser.evaluate(useful)
    browser.click(*place(browser, "document.querySelector('[data-do=open]')"))
    for _ in range(4):
        browser.press("+")
    settle(browser)
    assert browser.evaluate(useful)
    view = "(m => [m.e, m.f])(document.querySelector('.graph').getScreenCTM())"
    before = browser.evaluate(view)
    x, y = place(browser, "document.querySelector('.map')")
    browser.click(x + 3, y + 12)
    assert browser.evaluate(view) != before


# Colours.
def test_colours_can_be_chosen_and_have_a_strip(browser: Browser, nets: Path) -> None:
    browser.open(nets)
    fills = "[...new Set([...document.querySelectorAll('.graph .node .outline')].map(e => e.getAttribute('fill')))].length"
    options = browser.evaluate("[...document.querySelectorAll('.colour option')].map(o => o.textContent)")
    assert options == ["none", "gradient", "value", "saturation"]
    plain = browser.evaluate(fills)
    choose = "(s => { s.value = 'grad'; s.dispatchEvent(new Event('change')); })(document.querySelector('.colour select'))"
    browser.evaluate(choose)
    assert "rms of the gradient" in browser.evaluate("document.querySelector('.key').textContent")
    assert browser.evaluate(fills) != plain or "grad rms" in browser.evaluate("document.querySelector('.graph').textContent")


def test_numbers_of_ones_own(browser: Browser, tmp_path: Path) -> None:
    loss, net = residual()
    page = explore(loss, names=net, color={net[0]: 3.0, net[3].weight: -1.0})
    browser.open(Path(page.save(tmp_path / "p.html")), "#open=m1")
    said = browser.evaluate("document.querySelector('.graph').textContent")
    assert (
        "given 3" in said and "given −1" in said and "the numbers given" in browser.evaluate("document.querySelector('.key').textContent")
    )


# Two graphs.
def test_two_graphs_keep_in_step(browser: Browser, tmp_path: Path) -> None:
    (a, net), (b, _) = residual(0), residual(1)
    browser.open(Path(explore(a, b, names=net).save(tmp_path / "p.html")), "#open=m1&way=down")
    sides = "[...document.querySelectorAll('.stages section')]"
    shown = f"{sides}.map(s => [...s.querySelectorAll('.graph .node')].length)"
    assert browser.evaluate(f"{sides}.length") == 2
    before = browser.evaluate(shown)
    assert before[0] == before[1]
    browser.click(*place(browser, ITEM.format("1: Block")))
    settle(browser)
    after = browser.evaluate(shown)
    assert after[0] == after[1] > before[0]
    views = f"{sides}.map(s => s.querySelector('.graph').getAttribute('transform'))"
    assert len(set(browser.evaluate(views))) == 1
    was = browser.evaluate(views)
    x, y = place(browser, f"{sides}[1].querySelector('.stage')")
    browser.drag((x, y + 150), (x + 30, y + 170))
    assert browser.evaluate(views) != was and len(set(browser.evaluate(views))) == 1
    assert "≠" in browser.evaluate("document.querySelector('.graph').textContent")
    assert browser.evaluate(PANEL).count("before") and browser.evaluate(PANEL).count("after")


# Readers and their screens.
def test_hostile_names_are_shown_as_they_are(browser: Browser, tmp_path: Path) -> None:
    a, b = Value(-1.0), Value(2.0)
    y = a * b
    page = explore(y, names={HOSTILE[:39]: a, "אב\u202eג": b, "<!--graph--><i>&lt;": y}, title=HOSTILE)
    browser.open(Path(page.save(tmp_path / "n.html")), "#chosen=v0")
    assert browser.evaluate("[document.querySelector('h1').textContent, document.querySelectorAll('i, b').length]") == [HOSTILE, 0]
    assert set(browser.evaluate("[...document.querySelectorAll('.graph .name')].map(t => t.textContent)")) >= {
        "אב\u202eג",
        "<!--graph--><i>&lt;",
    }
    assert browser.errors == []


@pytest.mark.parametrize("dark", [False, True])
def test_themes(browser: Browser, nets: Path, dark: bool) -> None:
    browser.prefer(dark=dark)
    browser.open(nets)
    paper = rgb(PAPER["dark" if dark else "light"])
    browser.wait(f"getComputedStyle(document.querySelector('.explorer')).backgroundColor === {paper!r}")


def test_nothing_moves_for_those_who_ask_for_that(browser: Browser, nets: Path) -> None:
    browser.prefer(still=True)
    browser.open(nets, "#open=m1")
    browser.click(*place(browser, ITEM.format("1: Block")))
    assert browser.evaluate("document.getAnimations().length") == 0


def test_a_phone(browser: Browser, nets: Path) -> None:
    browser.size(390, 844, mobile=True)
    browser.open(nets)
    assert browser.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [390, 390]
    below = (
        "document.querySelector('.panel').getBoundingClientRect().top >= document.querySelector('.stage').getBoundingClientRect().bottom"
    )
    assert browser.evaluate(below)
    x, y = place(browser, "document.querySelector('.graph .module')")
    frames = len(browser.evaluate(FRAMES))
    browser.touch([(x, y)])
    settle(browser)
    assert len(browser.evaluate(FRAMES)) == frames + 1
    view = "(m => [m.a, m.e])(document.querySelector('.graph').getScreenCTM())"
    scale, left = browser.evaluate(view)
    browser.touch([(150, 350)], [(180, 360)], [(200, 380)])
    assert browser.evaluate(view) == pytest.approx([scale, left + 50], abs=1)
    browser.click(*place(browser, "document.querySelector('[data-do=list]')"))
    assert browser.evaluate("document.querySelectorAll('[role=treeitem]')[0].getClientRects().length") == 1


def test_a_notebook(browser: Browser, tmp_path: Path) -> None:
    loss, net = residual()
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><meta charset=utf-8>{explore(loss, names=net)._repr_html_()}", "utf-8")
    browser.open(notebook, "#mine")
    inner = "document.querySelector('iframe').contentDocument"
    browser.wait(f"{inner}.querySelectorAll('.graph .node').length > 1")
    browser.evaluate(f"{inner}.querySelector('[data-do=open]').click()")
    time.sleep(0.3)  # until an address would have been written
    assert browser.evaluate("location.hash") == "#mine" and browser.errors == []


@pytest.mark.long
def test_a_graph_of_tens_of_thousands_is_explored(browser: Browser, tmp_path: Path) -> None:
    x = Value(1.0, label="x")
    y = x
    for i in range(10_000):
        y = y * 1.0001 + x * (0.5 if i % 2 else 0.25)
    browser.open(Path(explore(y).save(tmp_path / "p.html")))
    assert browser.evaluate("document.querySelectorAll('.graph .node').length") < 100 and browser.errors == []
    assert "no thumbnails" in browser.evaluate("document.querySelector('.key').textContent")
    browser.press("/")
    browser.call("Input.insertText", text="v19000")
    browser.press("Enter")
    assert browser.evaluate("document.querySelector('.panel h2').textContent") == "v19000"
    assert browser.evaluate(f"{STATUS}.startsWith('∂y/∂v19000 = 1')")


def test_of_several_outputs_each_has_its_product(browser: Browser, tmp_path: Path) -> None:
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    a, b, c = x * w, 5 * x, x * x * w
    a.label, b.label, c.label = "a", "b", "c"
    page = explore([a, b, c])
    browser.open(Path(page.save(tmp_path / "p.html")))
    for name, said in (
        ("x", "∂a/∂x = 1 · 3 = 3; ∂b/∂x = 1 · 5 = 5; ∂c/∂x = 1 · 3 · 2 + 1 · 3 · 2 = 12"),
        ("w", "∂a/∂w = 1 · 2 = 2; ∂c/∂w = 1 · 4 = 4"),
        ("b", "∂b/∂b = 1: here backward begins"),
    ):
        rest(browser, ITEM.format(f"{name}, "))
        assert browser.evaluate(STATUS) == said
    browser.move(2, 2)
    browser.evaluate("document.querySelector('[data-do=close]').click()")
    assert browser.evaluate("document.querySelector('.panel h2').textContent") == "a, b, c"
    assert "Of 3 outputs: gradients are what backward() has left, else those of the first, a." in browser.evaluate(
        "document.querySelector('.key').textContent"
    )
    assert "<title>The graph of a, b, c" in page.html


def test_a_number_that_was_set_since_is_said(browser: Browser, tmp_path: Path) -> None:
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    y = x * w
    note = "A number was set after it had been used: what was computed from it is older."
    assert note not in explore(y).html
    w.data = 4.0
    browser.open(Path(explore(y).save(tmp_path / "p.html")))
    assert note in browser.evaluate("document.querySelector('.key').textContent")


def ways(root: Any, n: Any) -> list[float]:
    """The product of the slopes along each way from ``root`` to ``n``, by the engine's own rules."""
    if root is n:
        return [1.0]
    if root.is_leaf or not root.requires_grad:
        return []
    return [float(slope) * rest for _, a, slope in root.pull(1.0) for rest in ways(a, n)]


def test_the_products_along_the_ways_are_the_gradient_of_random_graphs(browser: Browser, tmp_path: Path) -> None:
    """Each way has the product that the engine's rules give it, and all of them add up to the gradient of the engine."""
    (tmp_path / "blank.html").write_text("<!doctype html>")
    browser.open(tmp_path / "blank.html")
    seen: list[Any] = []

    @settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
    @given(graphs())
    def make(graph: tuple[Value, list[Value]]) -> None:
        seen.append(graph[0])

    make()
    sides = [told(explore(root))[0] for root in seen]
    asked = "s.nodes.map(n => n.needs && n !== s.outputs[0] ? products(s, n, s.outputs[0], 1e5) : null)"
    script = (
        f"(() => {{ {piece('model.js')}; return {json.dumps(sides)}.map(data => {{ const s = sideOf(data, 0); return {asked}; }}); }})()"
    )
    compared = 0
    for root, found in zip(seen, browser.evaluate(script)):
        nodes = [n for n, known in zip(read(root).nodes, found) if known is not None]
        gradients = ag.grad(root, nodes, allow_unused=True) if nodes else []
        for n, known, gradient in zip(nodes, filter(None, found), gradients):
            wanted = ways(root, n)
            size = max(map(abs, wanted))
            if not all(map(math.isfinite, wanted)) or size > 1e150:
                continue
            products_ = sorted(math.prod(factors) for factors in known["paths"])
            assert known["ways"] == len(wanted)
            assert products_ == pytest.approx(sorted(wanted), rel=1e-12, abs=1e-12 * size)
            for total in (known["total"], math.fsum(products_)):
                assert total == pytest.approx(float(gradient), rel=1e-12, abs=1e-12 * size * len(wanted))
            compared += len(wanted) > 1
    assert compared > 20  # of numbers that are reached by more than one way


def test_without_a_module_a_leaf_is_not_called_a_parameter(nets: Path) -> None:
    page = json.dumps(told(explore(neuron_loss()[0]))[0]["groups"])
    assert "3 numbers to differentiate by" in page and "gradient of its leaves" in page and "parameters" not in page
    assert "parameters" in nets.read_text(encoding="utf-8")

"""A training that is watched is the same training to the last bit, and what its page shows is what happened."""

import copy
import gc
import json
import math
import pickle
import re
import sys
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.core.watch import FOLLOWERS
from autograd.pages.page import Page
from autograd.pages.run import KEPT, POINTS, Curve, Run
from nn import optim
from nn.functional import cross_entropy
from tests.browser import Browser

HOSTILE = "</script><script>alert(1)</script><b>\"'&amp;<!--script--> \u2028 שלום"


@pytest.fixture(autouse=True)
def _nobody_follows() -> Iterator[None]:
    yield
    assert FOLLOWERS == [], "a test left a training watched"


def rows(n: int = 64) -> tuple[ag.Tensor, ag.Tensor]:
    x = ag.randn(n, 8)
    return x, (x[:, 0] > 0).long() + 2 * (x[:, 1] > 0).long()


def network(*between: Any) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 16), *(between or (nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, 16), nn.ReLU())), nn.Linear(16, 4))


def trained(
    steps: int,
    every: int | None,
    net: Callable[[], Any] = network,
    how: str = "plain",
    then: Callable[[int, Any], Any] = lambda k, net: None,
) -> tuple[list[bytes], Run | None]:
    """A training, the same one each time: its losses and weights to the last bit, and the run, where it was watched."""
    ag.manual_seed(1)
    model = net()
    x, y = rows()
    opt = optim.Adam(model.parameters(), lr=0.01)

    def step(inputs: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        opt.zero_grad()
        loss = cross_entropy(model(inputs), target)
        loss.backward()
        opt.step()
        return loss

    def closure() -> ag.Tensor:
        opt.zero_grad()
        loss = cross_entropy(model(x), y)
        loss.backward()
        return loss

    made = ag.compile(step) if how == "compiled" else step
    losses = []
    view = ag.watch(model, every=every) if every else None
    for part in range(2):  # left and entered again
        with view or ag.enable_grad():
            for k in range(part * steps // 2, (part + 1) * steps // 2):
                loss = opt.step(closure) if how == "closure" else made(x[k % 4 :], y[k % 4 :]) if how != "compiled" else made(x, y)
                losses.append(loss.detach().numpy().tobytes())
                if view and how == "compiled":
                    view.step(loss)
                then(k, model)
    return [*losses, *(p.detach().numpy().tobytes() for p in model.parameters()), ag.rand(3).numpy().tobytes()], view


@pytest.mark.parametrize("how", ["plain", "closure", "compiled"])
@pytest.mark.parametrize("every", [1, 3, 1000])
def test_no_number_of_a_training_changes(how: str, every: int) -> None:
    plain, _ = trained(12, None, how=how)
    watched, view = trained(12, every, how=how)
    assert plain == watched
    assert view is not None and view.steps == 12 and [s.step for s in view.snapshots] == [*range(1, 13, every)]
    assert [step for step, _ in view.curve.points] == [*range(1, 13)]
    assert all(r is not None for s in view.snapshots[:-1] for r in s.ratios or [None])


def test_of_a_compiled_step_only_the_measured_calls_are_eager() -> None:
    ag.manual_seed(0)
    net, (x, y) = network(nn.Tanh()), rows()
    opt = optim.SGD(net.parameters(), lr=0.1)

    @ag.compile
    def step(x: ag.Tensor, y: ag.Tensor) -> ag.Tensor:
        opt.zero_grad()
        loss = cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        return loss

    @ag.compile
    def score(x: ag.Tensor) -> ag.Tensor:
        return net(x).softmax(1)

    with ag.watch(net, every=10) as view:
        for _ in range(40):
            step(x, y)
            with ag.no_grad():
                score(x)
    assert view.steps == 40 and [s.step for s in view.snapshots] == [1, 11, 21, 31] and step.calls == (1, 35, 4)
    assert score.calls.eager == 0 and [step for step, _ in view.curve.points] == [1, 2, 11, 21, 31]  # the second was recorded
    assert "loss" in repr(view.data()["snapshots"][-1])


def test_what_is_measured_is_what_happened() -> None:
    ag.manual_seed(0)
    net, (x, y) = network(nn.Tanh()), rows()
    view = ag.watch(net, every=1)
    with view:
        for _ in range(2):
            net.zero_grad()
            loss = cross_entropy(net(x), y)
            hidden = np.tanh(net[0](x).detach().numpy())
            loss.backward()
            grads = [p.grad.numpy() for p in net[0].parameters()]
            before = [p.detach().numpy().copy() for p in net[0].parameters()]
            with ag.no_grad():
                for p in net.parameters():
                    p -= 0.5 * p.grad
            after = [p.detach().numpy() for p in net[0].parameters()]

    def rms(arrays: list[np.ndarray]) -> float:
        return float(np.sqrt(np.mean(np.concatenate([a.ravel() for a in arrays]).astype(float) ** 2)))

    s = view.snapshots[1]
    flat = s.flats[0]
    assert s.ratios is not None and flat is not None
    assert s.loss == pytest.approx(loss.item()) and s.gradients[0] == pytest.approx(rms(grads))
    assert s.ratios[0] == pytest.approx(rms([a - b for a, b in zip(after, before)]) / rms(before), rel=1e-4)
    assert flat.flat == (1 - hidden**2 < 0.05).sum() and flat.entries == hidden.size


def test_gradients_that_are_added_up_are_settled_when_the_weights_have_moved() -> None:
    net, (x, y) = network(nn.Tanh()), rows()
    opt = optim.SGD(net.parameters(), lr=0.1)
    with ag.watch(net, every=4) as view:
        for k in range(8):
            cross_entropy(net(x), y).backward()
            if k % 4 == 3:
                opt.step()
                opt.zero_grad()
    assert view.steps == 8 and all(s.ratios and 1e-4 < (s.ratios[0] or 0) < 1 for s in view.snapshots)


def test_other_networks_are_not_counted() -> None:
    net, other, (x, y) = network(nn.Tanh()), network(nn.Tanh()), rows()
    with ag.watch(net, every=2) as view:
        for _ in range(4):
            cross_entropy(other(x), y).backward()
            cross_entropy(net(x), y).backward()
            with ag.no_grad():
                net(x)
    assert (
        view.steps == 4 and len(view.snapshots) == 2 and [layer.name for layer in (view.layers or view).all] == ["0: Linear", "2: Linear"]
    )


def test_two_views_do_not_disturb_each_other() -> None:
    net, (x, y) = network(nn.Tanh()), rows()
    with ag.watch(net, every=2) as one, ag.watch(net, every=3) as two:
        for _ in range(6):
            cross_entropy(net(x), y).backward()
    assert (one.steps, two.steps, len(one.snapshots), len(two.snapshots)) == (6, 6, 3, 2)
    with one, pytest.raises(RuntimeError, match="being watched already"):
        one.__enter__()


class Log(nn.Module):
    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return x.log()


def test_a_loss_that_is_lost_is_said_with_the_operation_it_came_from() -> None:
    ag.manual_seed(0)
    net, (x, y) = network(nn.Sigmoid(), Log()), rows()

    def spoil(k: int, model: Any) -> None:
        if k == 4:
            with ag.no_grad():
                net[0].bias -= 1e4

    with ag.watch(net, every=10) as view:
        for k in range(25):
            net.zero_grad()
            cross_entropy(net(x), y).backward()
            spoil(k, net)
    assert view.lost == "loss is nan since step 6, first in 2: log"
    assert [s.step for s in view.snapshots] == [1, 6, 11, 21]  # also out of turn
    told = view.data()["snapshots"]
    assert [s["alarms"][:1] == [view.lost] for s in told] == [False, True, True, True]
    assert "wrong" in told[1]["tones"] and told[1]["loss"] == "nan" and json.loads(json.dumps(told, allow_nan=False))


def test_of_a_replay_it_is_told_by_hand() -> None:
    net, (x, y) = network(nn.Tanh()), rows()
    with ag.watch(net, every=10) as view:
        cross_entropy(net(x), y).backward()
        view.step(7.0)  # it was seen
        view.steps += 1  # as after a replay
        view.step(ag.tensor(float("inf")))
    assert view.curve.points[-1] == (2, math.inf) and len(view.curve.points) == 2 and view.lost == "loss is inf since step 2"


def test_a_long_training_keeps_no_more_than_a_page_can_show(tmp_path: Path) -> None:
    ag.manual_seed(0)
    net = nn.MLP(4, [8, 8, 8, 8, 8, 2])
    x = ag.randn(4, 4)
    steps = 2 * KEPT + 10
    with ag.watch(net, every=1) as view:
        for _ in range(steps):
            net.zero_grad()
            net(x).sum().backward()
    kept = [s.step for s in view.snapshots]
    assert KEPT / 2 < len(kept) <= KEPT and view.every == 4 and kept == [*range(1, steps + 1, 4)]
    assert Path(view.save(tmp_path / "run.html")).stat().st_size < 2_000_000
    curve = Curve()
    for step in range(1, 20 * POINTS + 1):
        curve.add(step, 2.0 * step)
    assert POINTS / 2 < len(curve.points) < 2 * POINTS
    assert all(loss == pytest.approx(2 * step) for step, loss in curve.points) and np.ptp(np.diff([s for s, _ in curve.points])) == 0


def test_ctrl_c_leaves_what_was_seen(tmp_path: Path) -> None:
    net, (x, y) = network(nn.Tanh()), rows()
    view = ag.watch(net, every=2)
    with pytest.raises(KeyboardInterrupt), view:
        for k in range(10):
            cross_entropy(net(x), y).backward()
            if k == 5:
                raise KeyboardInterrupt
    assert view.steps == 6 and "<svg" in Path(view.save(tmp_path / "run.html")).read_text()
    assert repr(view) == '<run of 6 steps, 3 of them measured: .save("run.html") writes it, a notebook shows it>'


def test_what_cannot_be_watched_is_refused_in_words() -> None:
    with pytest.raises(TypeError, match=r"watch takes a network, .* got .*Linear"):
        ag.watch(nn.Linear)
    with pytest.raises(ValueError, match="has no parameters"):
        ag.watch(nn.ReLU())
    for wrong in ({"every": 0}, {"depth": 0}, {"theme": "blue"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            ag.watch(nn.Linear(1, 1), **wrong)
    view = ag.watch(nn.Linear(1, 1))
    with pytest.raises(RuntimeError, match=r"no step was seen: .*backward\(\) must reach"):
        view.save("never.html")
    with pytest.raises(RuntimeError, match="call it inside"):
        view.serve()


def test_a_block_without_a_step_says_so_as_it_ends() -> None:
    """As where a training asks `grad` for its gradients; an error that ends the block is told alone."""
    net, (x, y) = network(nn.Tanh()), rows()
    said = r"watch: no step was seen: .*ag.grad, which changes no .grad, counts for none"
    with pytest.warns(RuntimeWarning, match=said) as heard, ag.watch(net):
        ag.grad(nn.functional.cross_entropy(net(x), y), list(net.parameters()))
    assert [warning.filename for warning in heard] == [__file__]
    with warnings.catch_warnings(), pytest.raises(ZeroDivisionError):
        warnings.simplefilter("error")
        with ag.watch(net):
            raise ZeroDivisionError


def test_it_is_served_while_it_runs(chromium: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    net, (x, y) = network(nn.Tanh()), rows()
    with ag.watch(net, every=1) as view:
        address = view.serve()
        assert view.serve() == address and capsys.readouterr().out == f"watch: {address}\n"
        chromium.call("Page.navigate", url=address)
        chromium.wait("document.querySelector('.alarms')?.textContent.includes('No step was seen yet')")
        cross_entropy(net(x), y).backward()
        chromium.wait("document.querySelector('.now')?.textContent.startsWith('step 1 of 1')")
        assert chromium.evaluate("document.querySelectorAll('.stage .node').length") > 3
        cross_entropy(net(x), y).backward()
        chromium.wait("document.querySelector('.now')?.textContent.startsWith('step 2 of 2')")
        with urlopen(address + "data") as answer:
            assert json.load(answer)["steps"] == 2
    chromium.wait("document.querySelector('.now').textContent.includes('ended')")
    with pytest.raises(OSError):
        urlopen(address)
    chromium.call("Page.navigate", url="about:blank")


def test_a_notebook_has_one_output_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def display(page: dict[str, str], raw: bool, display_id: bool) -> Any:
        assert page["text/html"].startswith("<iframe srcdoc=") and page["text/plain"].startswith("<run of ")
        said.append("made")
        return SimpleNamespace(update=lambda page, raw: said.append("renewed"))

    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1)))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    net, (x, y) = network(nn.Tanh()), rows()
    with ag.watch(net, every=1) as view:
        for _ in range(5):
            view._shown = (-math.inf, view._shown[1])  # as if a second had passed
            cross_entropy(net(x), y).backward()
        for _ in range(5):
            cross_entropy(net(x), y).backward()
    assert said[0] == "made" and said.count("made") == 1 and 5 <= said.count("renewed") <= 10


def test_a_copy_is_the_page() -> None:
    _, view = trained(4, 2)
    assert view is not None
    for other in (copy.deepcopy(view), pickle.loads(pickle.dumps(view))):
        assert type(other) is Page and other.html == view.html


def test_sparse_gradients_and_tables_of_numbers() -> None:
    ag.manual_seed(0)
    net = nn.Sequential(nn.Embedding(50, 4), nn.Linear(4, 2))
    opt = optim.SGD(net.parameters(), lr=0.1)
    with ag.watch(net, every=1) as view:
        for _ in range(3):
            opt.zero_grad()
            cross_entropy(net(ag.randint(0, 50, (8,))), ag.zeros(8).long()).backward()
            opt.step()
    assert all(g is not None and g > 0 for s in view.snapshots for g in s.gradients)
    assert all(r is not None and r > 0 for s in view.snapshots for r in s.ratios or [None])


# In a browser.
LOOK = """(() => { const rows = [...document.querySelectorAll('.run tbody tr')];
  return { now: document.querySelector('.now').textContent, alarms: [...document.querySelectorAll('.alarms li')].map(e => e.textContent),
    fills: [...document.querySelectorAll('.stage .node path, .stage .node polygon')].map(e => getComputedStyle(e).fill),
    words: rows.map(r => [...r.querySelectorAll('.cell span')].map(e => e.textContent)),
    dots: rows.map(r => [...r.querySelectorAll('.dot')].map(e => Number(e.getAttribute('cx')))),
    lines: rows.map(r => r.querySelectorAll('.mean').length), width: document.documentElement.scrollWidth, inner: innerWidth }; })()"""


def page_of(tmp_path: Path, view: Run | None) -> Path:
    assert view is not None
    return Path(view.save(tmp_path / "run.html"))


def test_the_slider_goes_back_in_time(tmp_path: Path, browser: Browser) -> None:
    def kill(k: int, net: Any) -> None:
        if k == 11:
            with ag.no_grad():
                net[0].bias -= 1e3

    _, view = trained(20, 2, lambda: network(nn.ReLU()), then=kill)
    browser.open(page_of(tmp_path, view))
    last = browser.evaluate(LOOK)
    assert last["now"].startswith("step 19 of 20 · loss ")
    assert "0: Linear: gradient all zero" in last["alarms"] and "0: Linear: all 16 units of its relu are dead" in last["alarms"]
    assert last["words"][0][0] == "all zero" and last["words"][0][2] == "dead 16 of 16"
    browser.press("Home")
    first = browser.evaluate(LOOK)
    assert first["now"].startswith("step 1 of 20 · loss ") and "dead 0 of 16" in first["words"][0] and first["fills"] != last["fills"]
    assert first["alarms"] == [a for a in first["alarms"] if "dead" not in a]
    assert all(a[0] < b[-1] for a, b in zip(first["dots"], last["dots"])) and last["lines"] == [3, 2]
    browser.press("ArrowRight")
    assert browser.evaluate(LOOK)["now"].startswith("step 3 of 20")
    browser.wait("location.hash == '#step=3'")
    browser.evaluate("(s => { s.value = 5; s.dispatchEvent(new Event('input')) })(document.querySelector('.run input'))")
    assert browser.evaluate(LOOK)["now"].startswith("step 11 of 20")
    browser.open(tmp_path / "run.html", hash="#step=7")
    assert browser.evaluate(LOOK)["now"].startswith("step 7 of 20")


def test_in_a_notebook_the_next_page_opens_where_the_reader_was(tmp_path: Path, browser: Browser) -> None:
    _, view = trained(8, 1)
    assert view is not None
    (tmp_path / "run.html").write_text(view.page(key="run 1"))
    for now, then in (("8", "Home"), ("1", "ArrowRight"), ("2", "End"), ("8", "End")):
        browser.open(tmp_path / "run.html")
        assert browser.evaluate(LOOK)["now"].startswith(f"step {now} of 8")
        browser.press(then)


def test_a_click_on_a_box_finds_its_row(tmp_path: Path, browser: Browser) -> None:
    _, view = trained(4, 1, lambda: network(nn.Tanh()))
    browser.open(page_of(tmp_path, view))
    x, y = browser.evaluate(
        "(r => [r.x + r.width / 2, r.y + r.height / 2])([...document.querySelectorAll('.stage .node')]"
        ".find(n => n.textContent.includes('2: Linear')).getBoundingClientRect())"
    )
    browser.click(x, y)
    assert browser.evaluate("[...document.querySelectorAll('tr.chosen th')].map(e => e.firstChild.nextSibling.data)") == ["2: Linear"]
    assert browser.evaluate("document.querySelectorAll('.node.chosen').length") == 1


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_screen(tmp_path: Path, browser: Browser, dark: bool, width: int) -> None:
    _, view = trained(8, 1)
    browser.size(width, 800, width == 390)
    browser.prefer(dark=dark)
    browser.open(page_of(tmp_path, view))
    seen = browser.evaluate(LOOK)
    assert seen["width"] <= seen["inner"] and "Nothing stands out" in seen["alarms"][0]
    assert browser.evaluate(
        "[...document.querySelectorAll('.run th, .run .cell')].every(e => e.getBoundingClientRect().right <= innerWidth)"
    )
    grounds = browser.evaluate("getComputedStyle(document.querySelector('.run')).backgroundColor")
    assert (grounds == "rgb(20, 23, 28)") == dark


def test_hostile_names_are_texts(tmp_path: Path, browser: Browser) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.Linear(8, 4)

        def forward(self, x: ag.Tensor) -> ag.Tensor:
            return self.parts(x)

    Net.__name__ = HOSTILE
    type.__setattr__(nn.Linear, "__name__", HOSTILE)
    try:
        net, (x, y) = Net(), rows()
        with ag.watch(net, every=1) as view:
            cross_entropy(net(x), y).backward()
        page = Path(view.save(tmp_path / "run.html"))
    finally:
        type.__setattr__(nn.Linear, "__name__", "Linear")
    browser.open(page)
    assert browser.errors == [] and browser.evaluate("document.scripts.length") == 2
    assert "</script><script>" in browser.evaluate("document.querySelector('.run tbody th').textContent")
    assert not re.search(r"\b(?:src|href)=|@import|url\(", page.read_text())


# What must not harm a training, nor be told of the wrong step.
def small_run(every: int, steps: int, bad: tuple[int, ...] = (), lr: Callable[[int], float] = lambda k: 0.01) -> Run:
    ag.manual_seed(2)
    net, (x, y) = network(), rows()
    opt = optim.SGD(net.parameters(), lr=0.01)
    with ag.watch(net, every=every) as view:
        for k in range(steps):
            opt.zero_grad()
            loss = cross_entropy(net(x), y)
            (loss * math.inf if k in bad else loss).backward()
            opt.param_groups[0]["lr"] = lr(k)
            if k not in bad:
                opt.step()
    return view


def test_what_an_update_did_is_told_of_its_own_step(monkeypatch: pytest.MonkeyPatch) -> None:
    all_of_them = {s.step: s.ratios for s in small_run(2, 60, (5,), lambda k: 0.001 * (k + 1)).snapshots}
    monkeypatch.setattr("autograd.pages.run.KEPT", 6)
    few = small_run(2, 60, (5,), lambda k: 0.001 * (k + 1)).snapshots
    assert 2 < len(few) <= 7
    for s in few:
        assert s.ratios == all_of_them[s.step], s.step


def test_a_batch_that_was_skipped_is_not_the_end() -> None:
    view = small_run(1, 8, (2,))
    said = [s["alarms"] for s in view.data()["snapshots"]]
    assert said[2] == ["loss is inf since step 3, first in mul: <*>"] or said[2][0].startswith("loss is inf since step 3")
    assert not any("loss is" in text for texts in said[:2] + said[3:] for text in texts)


def test_a_call_without_a_backward_is_no_step() -> None:
    net, (x, y) = network(nn.Tanh()), rows()

    @ag.compile
    def loss(x: ag.Tensor, y: ag.Tensor, train: bool) -> ag.Tensor:
        value = cross_entropy(net(x), y)
        if train:
            value.backward()
        return value

    with ag.watch(net, every=4) as view:
        for _ in range(10):
            loss(x, y, True)
        for _ in range(3):
            loss(x, y, False)
    assert view.steps <= 13
    before = view.steps
    assert before >= 10


def test_another_network_stays_compiled() -> None:
    net, other, (x, _) = network(nn.Tanh()), nn.Linear(8, 2), rows()
    f = ag.compile(lambda x: other(x).square().mean())
    with pytest.warns(RuntimeWarning, match="no step was seen"), ag.watch(net, every=5):
        for _ in range(50):
            f(x)
    assert f.calls.replayed >= 45


def test_two_backwards_in_a_compiled_step_are_met() -> None:
    net, (x, y) = network(nn.Tanh()), rows()

    @ag.compile
    def step(x: ag.Tensor, y: ag.Tensor) -> None:
        for p in net.parameters():
            p.grad = None
        for _ in range(2):
            cross_entropy(net(x), y).backward()

    with ag.watch(net, every=4) as view:
        cross_entropy(net(x), y).backward()
        for _ in range(40):
            step(x, y)
    assert view.steps == 81 and len(view.snapshots) >= 15


def test_an_empty_batch_leaves_a_page() -> None:
    net = network(nn.Tanh(), nn.Linear(16, 16), nn.ReLU())
    with ag.watch(net, every=1) as view:
        net(ag.randn(0, 8)).sum().backward()
    assert "<svg" in view.html


def test_who_watches_ends_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("mine")

    monkeypatch.setattr("autograd.pages.layers.Layers.gradients", broken)
    with pytest.warns(RuntimeWarning, match="watch: Not all was seen: ZeroDivisionError: mine") as heard:
        view = small_run(1, 3)
    assert len(heard) == 1 and view.steps == 3 and view.data()["trouble"] == "Not all was seen: ZeroDivisionError: mine"


def test_a_network_of_values_and_tensors_is_watched() -> None:
    class Mixed:
        def __init__(self) -> None:
            self.v, self.t, self.b = ag.Value(2.0), ag.ones(3, requires_grad=True), ag.ones(2, requires_grad=True)

        def named_parameters(self) -> Any:
            return [("a.w", self.v), ("a.t", self.t), ("b", self.b)]

    net = Mixed()
    with ag.watch(net, every=1) as view:
        for _ in range(3):
            (net.b * 2).sum().backward()
    assert view.steps == 3 and view.trouble == "" and len(view.snapshots) == 3


def test_a_history_in_which_nothing_was_seen_is_copied(tmp_path: Path) -> None:
    net, (x, y) = network(), rows()
    history = nn.fit(net, cross_entropy, optim.SGD(net.parameters(), lr=0.1), [(x, y)], epochs=0, progress=False, watch=True)
    for again in (pickle.loads(pickle.dumps(history)), copy.deepcopy(history)):
        assert "No step was seen." in again.view.html


def test_a_graph_that_was_measured_can_go() -> None:
    net = network()

    def step() -> weakref.ref[ag.Tensor]:  # in a frame of its own, whose names are looked up, and are kept by Python
        x, y = rows()
        cross_entropy(net(x), y).backward()
        return weakref.ref(x)

    with ag.watch(net, every=1) as view:
        alive = step()
        gc.collect()
        assert alive() is None
    assert "<svg" in view.html


def test_what_is_no_loss_and_no_port_is_refused_in_words() -> None:
    with pytest.warns(RuntimeWarning, match="no step was seen"), ag.watch(network()) as view:
        for wrong in ("a", ag.ones(2), None):
            with pytest.raises(TypeError, match=r"step\(loss\): a loss is one number, got "):
                view.step(wrong)
        with pytest.raises(ValueError, match="port is at most 65535, got 99999"):
            view.serve(99999)

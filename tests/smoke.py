"""What somebody does first who has installed it: `make dist` hands this to a Python that has nothing else, far from the checkout."""

import subprocess
import sys
import tempfile
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import autograd as ag
import nn


def installed() -> None:
    home = Path(ag.__file__).parents[1]
    assert Path(sys.prefix) in home.parents and Path(nn.__file__).parents[1] == home, f"imported from {home}, not from {sys.prefix}"
    assert version("chainrule") == ag.__version__
    for package in ("autograd", "nn"):
        assert (files(package) / "py.typed").is_file(), f"{package} tells no types"


def trained_and_drawn() -> None:
    x = ag.Value(3.0)
    (x**2).backward()
    assert x.grad == 6.0
    ag.manual_seed(0)
    net, X, t = nn.MLP(2, [8, 1]), ag.randn(16, 2), ag.ones(16, 1)
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        losses.append(nn.functional.mse_loss(net(X), t))
        losses[-1].backward()
        optimizer.step()
    assert losses[-1].item() < losses[0].item() / 2, losses
    with tempfile.TemporaryDirectory() as out:
        ag.draw(losses[-1], Path(out, "loss.svg"))
        ag.graph_player(x * x).save(Path(out, "film.html"))
        assert "<svg" in Path(out, "loss.svg").read_text() and "<html" in Path(out, "film.html").read_text()


def commanded() -> None:
    command, python = str(Path(sys.executable).with_name("chainrule")), [sys.executable, "-I", "-m"]
    table = said(*python, "autograd")
    assert table == said(command, "info") and table.startswith(f"chainrule {ag.__version__},")
    assert "digits" in said(command, "demo")
    for words in ([command, "demo", "digits"], [*python, "chainrule_demos", "digits"]):
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 1 and "pip install matplotlib" in done.stderr, done  # which the extra [demos] brings, and is not here


def said(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    installed()
    trained_and_drawn()
    commanded()
    print(f"chainrule {ag.__version__} works as it was installed")

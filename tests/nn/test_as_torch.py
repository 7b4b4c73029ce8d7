"""Programs written for PyTorch run as they stand. The lessons beside this file do, and what they print is what mathematics says.

Where PyTorch is installed, the lessons run there too, and are held against the same numbers.
"""

import importlib
import importlib.util
import json
import math
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd.elsewhere import INSTEAD
from nn import as_torch
from nn.as_torch import MODULES, RELATED, install, main, unknown

ROOT = Path(__file__).parent.parent.parent
LESSONS = Path(__file__).parent / "lessons"
NO_TORCH = "torch" not in sys.modules and importlib.util.find_spec("torch") is None


@pytest.fixture
def torch() -> Iterator[Any]:
    with install(instead=True):
        yield importlib.import_module("torch")


def told(room: str, name: str) -> str:
    return INSTEAD[f"module {room!r}"][name]


def python(*args: Any, cwd: Path = ROOT, **options: Any) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import runpy; sys.argv = sys.argv[1:]; runpy._run_module_as_main('nn.as_torch')"
    return subprocess.run([sys.executable, "-c", code, "as_torch", *map(str, args)], capture_output=True, text=True, cwd=cwd, **options)


# The modules.
@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_the_names_of_its_room_and_they_are_the_same_things(torch: Any, name: str) -> None:
    module, room = importlib.import_module(name), MODULES[name]
    assert isinstance(module, ModuleType) and module.__spec__.name == module.__name__ == name
    rooms = [n for n in getattr(room, "__all__", ()) if isinstance(getattr(room, n), ModuleType) or f"{name}.{n}" in MODULES]
    names = {*getattr(room, "__all__", ["deterministic"])} - {*rooms}
    assert names or name == "torch.backends"
    assert all(getattr(module, n) is as_torch._named(getattr(room, n)) for n in names - {"dtype"})
    owner, _, last = name.rpartition(".")
    assert not owner or getattr(importlib.import_module(owner), last) is module
    own = {n for n in vars(module) if isinstance(getattr(module, n), ModuleType)}
    assert own == {m.rpartition(".")[2] for m in MODULES if m.rpartition(".")[0] == name}  # no other room of ours looks out


def test_the_usual_ways_to_import_lead_to_the_same_modules(torch: Any) -> None:
    scope: dict[str, Any] = {}
    exec(
        "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch import nn as nn2, optim, Tensor, float32, manual_seed",
        scope,
    )
    exec(
        "from torch.nn import functional as F2\nfrom torch.utils.data import DataLoader, TensorDataset\nfrom torch.autograd import Variable",
        scope,
    )
    exec("import torch.backends.cudnn as cudnn\ncudnn.benchmark = True\nfrom torch.nn import *", scope)
    assert scope["nn"] is scope["nn2"] is torch.nn and scope["F"] is scope["F2"] is torch.nn.functional and scope["Tensor"] is ag.Tensor
    assert scope["Linear"] is nn.Linear and isinstance(torch.ones(2), torch.Tensor) and torch.float is torch.float32 == ag.float32
    assert torch.backends.cudnn.benchmark is True and not torch.backends.cudnn.is_available() and torch.compile is ag.compile
    assert [int(n) for n in torch.__version__.split("+")[0].split(".")[:2]] >= [2, 0] and torch.__version__.endswith("+chainrule")


REFUSED = [
    (module, name)
    for module, room in MODULES.items()
    for name in INSTEAD.get(f"module {getattr(room, '__name__', '')!r}", ())
    if f"{module}.{name}" not in MODULES
]


@pytest.mark.parametrize(("module", "name"), [*REFUSED, ("torch", "nonsense"), ("torch", "_C"), ("torch.nn", "layers"), ("torch", "files")])
def test_a_name_that_is_not_here_is_refused_in_one_sentence_wherever_it_is_asked_for(
    torch: Any, module: str, name: str, tmp_path: Path
) -> None:
    thing = importlib.import_module(module)
    with pytest.raises(AttributeError) as error:
        getattr(thing, name)
    known = INSTEAD.get(f"module {getattr(MODULES[module], '__name__', '')!r}", {}).get(name)
    assert str(error.value) == f"module {module!r} has no attribute {name!r}" + (f"; {known}" if known else "")
    assert not hasattr(thing, name) and getattr(thing, name, 7) == 7
    for line in (f"from {module} import {name}", f"import {module}.{name}", f"import {module}.{name}.deeper as d"):
        with pytest.raises(ModuleNotFoundError) as refused:
            exec(line, {})
        assert str(refused.value) == str(error.value)
    script = tmp_path / "script.py"
    script.write_text(f"import {module} as m\n\n\ndef f():\n    return m.{name}.and_so_on(1)\n")
    assert unknown(script) == [f"{script}:5: {error.value}"]


@pytest.mark.parametrize("package", RELATED)
def test_packages_built_on_pytorch_are_refused(torch: Any, package: str, tmp_path: Path) -> None:
    for line in (f"import {package}", f"from {package}.datasets import x"):
        with pytest.raises(
            ImportError, match=f"^{package} is built on PyTorch, and does not run on this library; {re.escape(RELATED[package])}$"
        ):
            exec(line, {})
        (tmp_path / "s.py").write_text(line)
        assert len(unknown(tmp_path / "s.py")) == 1
    for path in re.findall(r"\b(?:autograd|nn)\.\w+(?:\.\w+)*", RELATED[package]):
        assert importlib.import_module(path.split(".")[0]) and eval(path, {"autograd": ag, "nn": nn}) is not None


def test_other_imports_are_left_alone(torch: Any) -> None:
    with pytest.raises(ModuleNotFoundError, match="No module named 'torchlike'"):
        importlib.import_module("torchlike")
    assert importlib.util.find_spec("json") is not None


# What a lesson prints.
def test_shapes_and_dtypes_read_as_pytorchs_where_a_program_runs_as_torch_and_nowhere_else() -> None:
    x = ag.zeros(3, 4, dtype=ag.float64)
    ours = f"{x.shape} {x[0].shape} {ag.empty(0, 2).shape[:1]} {x[0, :2]} {x.dtype}"
    assert ours == "(3, 4) (4,) (0,) tensor([0., 0.], dtype=float64) float64"
    with install(instead=True):
        assert f"{x.shape} {x[0].size()!r} {x[0, 0].shape}" == "torch.Size([3, 4]) torch.Size([4]) torch.Size([])"
        assert str(x[0, :2]) == f"{x[0, :2]}" == "tensor([0., 0.], dtype=torch.float64)"
        assert repr(nn.Parameter(x[0, :1])) == "Parameter containing:\ntensor([0.], dtype=torch.float64, requires_grad=True)"
        assert f"{x.dtype} {x.grad_fn}" == "torch.float64 None"
        assert x.shape == (3, 4) and repr(ag.ones(1)) == "tensor([1.])" and tuple(x.shape).__repr__() == "(3, 4)"
    assert f"{x.shape} {x[0].shape} {ag.empty(0, 2).shape[:1]} {x[0, :2]} {x.dtype}" == ours and x.dtype is ag.float64


DTYPES = {
    "float16": "half",
    "float32": "float",
    "float64": "double",
    "int16": "short",
    "int32": "int",
    "int64": "long",
    "uint8": "",
    "bool": "",
}


@pytest.mark.parametrize("name", DTYPES)
def test_a_dtype_is_pytorchs_to_look_at_and_numpys_to_work_with(torch: Any, name: str) -> None:
    dtype, numpys = getattr(torch, name), np.dtype(name)
    assert f"{dtype} {dtype!r}" == f"torch.{name} torch.{name}" and isinstance(dtype, torch.dtype)
    assert getattr(torch, DTYPES[name] or name) is dtype
    assert dtype == numpys == dtype and dtype != np.dtype("complex64") and {numpys: 1}[dtype] == 1
    assert dtype.is_floating_point == name.startswith("float") and dtype.itemsize == numpys.itemsize and not dtype.is_complex
    x = torch.ones(2, 3, dtype=dtype)
    for y in (
        x,
        torch.zeros(2).to(dtype),
        torch.zeros(2).type(x.dtype),
        torch.tensor([1], dtype=x.dtype),
        x.sum(0, dtype=dtype),
        x.clone(),
    ):
        assert y.dtype is dtype and y.numpy().dtype == numpys
    assert np.zeros(2, x.dtype).dtype == numpys and pickle.loads(pickle.dumps(dtype)) == dtype
    if dtype.is_floating_point:
        assert torch.finfo(dtype).eps == np.finfo(numpys).eps
    if name in ("float32", "float64"):
        layer = torch.nn.Linear(3, 2, dtype=dtype)
        assert layer.weight.dtype is layer(x).dtype is dtype and torch.nn.Linear(3, 2).to(dtype).bias.dtype is dtype
        doubled = torch.compile(lambda x: (x * 2).to(dtype).sum())
        assert [doubled(x).dtype for _ in range(3)] == [dtype] * 3


FIRST_STEPS = """\
import torch
device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
print(f"Using {device} device")
x = torch.rand(64, 1, 28, 28)
y = torch.arange(64) % 10
print(f"Shape of X [N, C, H, W]: {x.shape}")
print(f"Shape of y: {y.shape} {y.dtype}")
ones = torch.ones(2, 2)
z = torch.rand_like(ones)
torch.mul(ones, ones, out=z)
print(z, ones.double())
model = torch.nn.Linear(28 * 28, 10).to(device)
print(model.load_state_dict(model.state_dict()))
print(torch.zeros(4, dtype=torch.float).scatter_(0, torch.tensor(3), value=1))
print(y.mean(dtype=torch.float).dtype, (model(x.flatten(1)).argmax(1) == y).type(torch.float).dtype)
"""
PRINTED = """\
Using cpu device
Shape of X [N, C, H, W]: torch.Size([64, 1, 28, 28])
Shape of y: torch.Size([64]) torch.int64
tensor([[1., 1.],
        [1., 1.]]) tensor([[1., 1.],
        [1., 1.]], dtype=torch.float64)
<All keys matched successfully>
tensor([0., 0., 0., 1.])
torch.float32 torch.float32
"""


@pytest.mark.parametrize("there", [False, pytest.param(True, marks=pytest.mark.skipif(NO_TORCH, reason="PyTorch is not installed"))])
def test_first_steps_print_what_they_print_there(there: bool, tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(FIRST_STEPS)
    if there:
        done = subprocess.run([sys.executable, "s.py"], capture_output=True, text=True, cwd=tmp_path)
    else:
        done = python("--instead", "s.py", cwd=tmp_path)
    assert (done.stdout, done.stderr) == (PRINTED, "")


# Putting it in place, and undoing it.
def test_it_can_be_undone_and_what_was_there_before_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, part = ModuleType("torch"), ModuleType("torch.part")
    monkeypatch.setitem(sys.modules, "torch", theirs)
    monkeypatch.setitem(sys.modules, "torch.part", part)
    before, finders = {**sys.modules}, [*sys.meta_path]
    with pytest.raises(ImportError, match=r"there is a torch installed here.*--instead.*install\(instead=True\)"):
        install()
    with pytest.raises(ImportError, match="there is a torch installed here"):
        as_torch.torch  # noqa: B018
    assert sys.modules == before and sys.meta_path == finders
    with install(instead=True):
        ours = sys.modules["torch"]
        assert ours is not theirs and "torch.part" not in sys.modules
        with install(), install(instead=True):  # where it is so already, nothing is done or undone
            assert sys.modules["torch"] is ours is as_torch.torch
        assert importlib.reload(ours) is ours and importlib.reload(ours.nn) is ours.nn and ours.nn.Linear is nn.Linear
        assert sys.modules["torch"] is ours
    assert sys.modules == before and sys.meta_path == finders
    again = install(instead=True)
    again.close()
    again.close()
    assert (
        sys.modules == before and sys.meta_path == finders and ours.tanh is ag.tanh and repr(ours.nn) == "<module 'torch.nn' (chainrule)>"
    )


def test_a_torch_that_could_be_imported_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "torch.py").write_text("1 / 0")
    (tmp_path / "s.py").write_text("raise RuntimeError('it ran')")
    monkeypatch.syspath_prepend(tmp_path)
    assert main([str(tmp_path / "s.py")]) == 2
    assert "there is a torch installed here" in capsys.readouterr().err
    before = {**sys.modules}
    assert unknown(tmp_path / "s.py") == [] and sys.modules == before  # to look, nothing is put in its place for long


@pytest.mark.skipif(not NO_TORCH, reason="PyTorch is installed, and found")
def test_a_folder_of_that_name_is_no_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with install():
        assert importlib.import_module("torch").tanh is ag.tanh


def test_a_first_line_is_enough_in_a_script_of_ones_own() -> None:
    code = "from nn.as_torch import torch\nimport torch.nn as n2\nfrom torch import nn\nprint(nn is n2 is torch.nn, nn.Linear(2, 1))"
    if not NO_TORCH:
        code = f"import nn.as_torch\nnn.as_torch.install(instead=True)\n{code}"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "True Linear(in_features=2, out_features=1, bias=True)\n" and not done.stderr
    with pytest.raises(AttributeError, match=r"module 'nn\.as_torch' has no attribute 'torches'"):
        as_torch.torches  # noqa: B018


# Running.
SCRIPT = """\
from __future__ import annotations

import pickle, sys
import torch
from helper import LR


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x: Nowhere):
        return self.layer(x)


@torch.compile
def doubled(x):
    return torch.nn.functional.relu(x) * 2


def fails(x):
    return torch.nn.Conv2d(1, x, 3)


if __name__ == "__main__":
    print(sys.argv, __file__, sys.path[0], LR)
    net = Net()
    torch.save(net.state_dict(), "net.pt")
    print(net.load_state_dict(torch.load("net.pt", map_location="cpu", weights_only=True)) is not None)
    copy = pickle.loads(pickle.dumps(net))
    print(type(copy).__module__, torch.equal(copy.layer.weight, net.layer.weight), isinstance(copy, torch.nn.Module))
    print([doubled(torch.tensor([-1.0, k])).tolist() for k in range(3)], doubled.calls.replayed > 0)
    sys.stdout.flush()
    fails(3)
"""


def test_a_script_runs_as_python_runs_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "helper.py").write_text("LR = 0.5")
    path = tmp_path / "sub" / "train.py"
    path.write_text(SCRIPT)
    done = python("--instead", "sub/train.py", "--lr", "0.1", "--", "--check", cwd=tmp_path)
    argv, *rest = done.stdout.splitlines()
    assert argv == f"['sub/train.py', '--lr', '0.1', '--', '--check'] {path} {path.parent} 0.5"
    assert rest == ["True", "__main__ True True", "[[0.0, 0.0], [0.0, 2.0], [0.0, 4.0]] True"] and done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[:2] == ["Traceback (most recent call last):", f'  File "{path}", line {len(SCRIPT.splitlines())}, in <module>']
    assert f'File "{path}", line 23, in fails' in done.stderr and "runpy" not in done.stderr and "in _run" not in done.stderr
    assert lines[-1] == f"AttributeError: module 'torch.nn' has no attribute 'Conv2d'; {told('nn', 'Conv2d')}"


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("import sys; sys.exit(3)", 3, None),
        ("raise SystemExit", None, None),
        ("pass", 0, None),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt"),
        ("def f(:", 1, "SyntaxError"),
        ("import sys; sys.excepthook = lambda *e: print('told by the script', file=sys.stderr)\n1 / 0", 1, "told by the script"),
    ],
)
def test_how_a_script_ends(
    code: str, status: Any, said: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str], alone: None
) -> None:
    (tmp_path / "s.py").write_text(code)
    try:
        ended = main(["--instead", str(tmp_path / "s.py")])
    except SystemExit as error:
        ended = error.code  # type: ignore[assignment]
    shown = capsys.readouterr().err
    assert ended == status and (said in shown if said else not shown) and "as_torch.py" not in shown


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a run of a script changes is as it was, afterwards."""
    monkeypatch.setattr(sys, "argv", [*sys.argv])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    with install(instead=True):
        yield
    sys.modules.pop("helpers", None)


def test_what_cannot_begin_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str], alone: None) -> None:
    (tmp_path / "n.ipynb").write_text("{}")
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff'")
    assert main([str(tmp_path / "none.py")]) == 2 and "No such file" in capsys.readouterr().err
    assert main(["--check", str(tmp_path / "none.py")]) == 2 and "No such file" in capsys.readouterr().err
    assert main(["--check", str(tmp_path / "n.ipynb")]) == 2 and "it has no cells" in capsys.readouterr().err
    assert main(["--check", str(tmp_path / "bytes.py")]) == 2 and "encoding" in capsys.readouterr().err
    assert main([str(tmp_path / "n.ipynb")]) == 2 and "let its first line be: from nn.as_torch import torch" in capsys.readouterr().err


# Checking without running.
FORMS = {
    "import torch\ntorch.{path}{name}": True,
    "import torch as t\nt.{path}{name}.more(1)": True,
    "import torch.{room} as m\ndef f():\n    return [m.{name} for _ in 'ab']\nf()": False,
    "from torch import {room} as m\nclass A:\n    x = m.{name}": False,
    "from torch.{room} import {name}": False,
    "def f(torch=None):\n    import torch.{room}\n    return lambda: torch.{room}.{name}\nf()()": False,
    "import torch\nclass torch2:\n    def f(self, torch):\n        return torch.{path}{name}\nfrom types import SimpleNamespace as S\ntry:\n    torch2().f(S())\nexcept AttributeError: pass": None,
}
NAMES = ["relu", "Linear", "Adam", "one_hot", "conv2d", "Conv2d", "LBFGS", "nonsense", "tensor", "fft", "DataLoader", "data"]
ROOMS = [name.removeprefix("torch.") for name in MODULES if name.count(".") == 1 and name != "torch.backends"]


@given(st.sampled_from([*FORMS]), st.sampled_from(ROOMS), st.sampled_from(NAMES))
def test_what_is_checked_is_what_a_run_finds(tmp_path_factory: pytest.TempPathFactory, form: str, room: str, name: str) -> None:
    """For programs that come to all their lines."""
    script = tmp_path_factory.mktemp("checked") / "s.py"
    script.write_text(form.format(path=f"{room}.", room=room, name=name))
    with install(instead=True):
        error = None
        try:
            exec(script.read_text(), {})
        except (AttributeError, ImportError) as found:
            error = str(found)
    if error is not None and not error.startswith("module 'torch"):  # of a thing that is there, such as `.more`, nothing is known
        error = None
    found = unknown(script)
    assert [line.split(": ", 1)[1] for line in found] == ([] if error is None or FORMS[form] is None else [error])


def test_a_check_names_each_place_once_and_runs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = tmp_path / "ran"
    code = f"""\
        import torch.nn as nn, torch
        open({str(ran)!r}, "w")
        torch.backends.cudnn.benchmark = torch.backends.mps.is_available()
        from torch.nn import (functional as F, LSTM)
        x: torch.dtypes = F.conv2d(F.conv2d(1)).relu, nn.Linear(2, F.pad)
        from .torch import nothing
        LSTM(1)
        getattr(torch, "nothing")
        """
    script = tmp_path / "train.py"
    script.write_text("if True:\n" + code)
    expected = [
        f"{script}:5: module 'torch.nn' has no attribute 'LSTM'; {told('nn', 'LSTM')}",
        f"{script}:6: module 'torch' has no attribute 'dtypes'",
        f"{script}:6: module 'torch.nn.functional' has no attribute 'conv2d'; {told('nn.functional', 'conv2d')}",
        f"{script}:6: module 'torch.nn.functional' has no attribute 'pad'; {told('nn.functional', 'pad')}",
    ]
    assert unknown(script) == expected and not ran.exists()
    assert main(["--check", str(script)]) == 1 and capsys.readouterr().out.splitlines() == expected
    script.write_text("import torch.nn.functional as F\nF.relu")
    assert main(["--check", str(script)]) == 0 and capsys.readouterr().out == "all that is taken from PyTorch by name is here\n"
    script.write_text("def f(:")
    assert main(["--check", str(script)]) == 2 and "invalid syntax (train.py, line 1)" in capsys.readouterr().err


def test_a_notebook_is_checked_cell_by_cell(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["torch.nonsense"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install torch\n", "import torch\n", "from torch import nn"]},
        {"cell_type": "code", "source": "%%bash\ntorch.nonsense"},
        {"cell_type": "code", "source": "torch.ones(2)\nnn.GRU(1, 2)"},
    ]
    path = tmp_path / "lesson.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    assert unknown(path) == [f"{path}:cell 4:2: module 'torch.nn' has no attribute 'GRU'; {told('nn', 'GRU')}"]


# The lessons, and what mathematics says that they print.
def normal(seed: int, *shape: int, scale: float = 1.0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32).astype(float)


def blobs() -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(90) % 3
    return normal(5, 90, 4) + 2 * normal(6, 3, 4)[labels], labels


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def descent(params: list[np.ndarray], step: Callable[..., tuple[float, list[np.ndarray]]], rates: list[float]) -> list[float]:
    """The losses of gradient descent, which changes ``params``."""
    losses = []
    for rate in rates:
        loss, gradients = step(*params)
        losses.append(loss)
        for p, g in zip(params, gradients):
            p -= rate * g
    return losses


def perceptron(
    X: np.ndarray, y: np.ndarray, act: Callable[[Any], Any], slope: Callable[[Any], Any]
) -> Callable[..., tuple[float, list[Any]]]:
    """The cross-entropy of a layer of hidden units and its gradients, as one writes them on paper."""

    def step(W1: Any, b1: Any, W2: Any, b2: Any) -> tuple[float, list[Any]]:
        h = act(X @ W1 + b1)
        p = softmax(h @ W2 + b2)
        loss = -np.log(p[np.arange(len(y)), y]).mean()
        dz = (p - np.eye(p.shape[1])[y]) / len(y)
        dh = dz @ W2.T * slope(h)
        return loss, [X.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)]

    return step


Shown = dict[str, list[float]]


def linear_networks(shown: Shown) -> None:
    X = normal(0, 500, 2)
    y = X @ [2, -3.4] + 4.2 + normal(1, 500, scale=0.01)
    best = np.linalg.lstsq(np.c_[X, np.ones(500)], y)[0]
    for name in ("written out", "by layers"):
        np.testing.assert_allclose(shown[name], best, atol=3e-3)  # the noise of small batches
    points, labels = blobs()

    def step(W: Any, b: Any) -> tuple[float, list[Any]]:
        p = softmax(points @ W + b)
        dz = (p - np.eye(3)[labels]) / 90
        return -np.log(p[np.arange(90), labels]).mean(), [points.T @ dz, dz.sum(0)]

    W, b = np.zeros((4, 3)), np.zeros(3)
    losses = descent([W, b], step, [0.1] * 20)
    for name in ("softmax written out", "softmax by layers"):
        np.testing.assert_allclose(shown[name], losses, rtol=1e-5)
    np.testing.assert_allclose(shown["right"], np.mean((points @ W + b).argmax(1) == labels))


def perceptrons(shown: Shown) -> None:
    step = perceptron(*blobs(), lambda z: np.maximum(z, 0), lambda h: h > 0)
    losses = descent([normal(11, 4, 8, scale=0.5), np.zeros(8), normal(12, 8, 3, scale=0.5), np.zeros(3)], step, [0.2] * 15)
    for name in ("written out", "by layers"):
        np.testing.assert_allclose(shown[name], losses, rtol=1e-4)
    X, y = normal(13, 20, 40), normal(14, 20, 1)
    shortest = np.linalg.pinv(np.c_[X, np.ones(20)]) @ y  # of all that fit, which descent from 0 comes to
    np.testing.assert_allclose(shown["decay 0"], shortest[:-1].ravel(), atol=1e-6)
    X, y = X - X.mean(0), y - y.mean()  # a bias that is free takes up the means
    ridge = np.linalg.solve(X.T @ X / 20 + 3 * np.eye(40), X.T @ y / 20).ravel()
    for name in ("decay 3", "decay 3 by layers"):
        np.testing.assert_allclose(shown[name], ridge, atol=1e-8)
    nothing, own, everything, layer, at_rest = shown["dropout"]
    assert (nothing, everything, at_rest) == (1, 0, 1)
    spread = math.sqrt(0.25 * 0.75) / 0.75
    assert abs(own - 1) < 5 * spread / 100 and abs(layer - 1) < 5 * spread / 100
    np.testing.assert_allclose(shown["kept"], [0, 4 / 3, spread], rtol=0.03)


def k_fold_polynomial(shown: Shown) -> None:
    rng = np.random.default_rng(3)
    x = rng.uniform(-1.5, 1.5, size=(40, 1))
    powers = np.hstack([x**i / math.factorial(i) for i in range(12)])
    y = powers[:, :4] @ [5, 1.2, -3.4, 5.6] + rng.normal(scale=0.1, size=40)
    for degree in (1, 3, 11):
        found = []
        for i in range(5):
            out = np.arange(40) // 8 == i
            X, Y = powers[~out, : degree + 1], y[~out]
            # After n steps of descent, along each eigenvector of the Hessian H, 1 - (1 - rate * H)^n of the way is gone.
            size, along = np.linalg.eigh(2 * X.T @ X / 32)
            gone = np.array([0.1 * sum((1 - 0.1 * s) ** k for k in range(400)) for s in size])
            w = along @ (gone * (along.T @ (2 * X.T @ Y / 32)))
            found.append(np.mean((powers[out, : degree + 1] @ w - y[out]) ** 2))
        np.testing.assert_allclose(shown[f"degree {degree}"], found, rtol=1e-7)


def letters(shown: Shown) -> None:
    o = math.tanh(1.5 * -2 + 3.5)
    np.testing.assert_allclose(shown["neuron"], [o, -2 * (1 - o * o), 1.5 * (1 - o * o), 1 - o * o], rtol=1e-8)
    assert abs(shown["losses"][-1]) < shown["losses"][0]
    first, probabilities = np.array(shown["first letters"]), np.array(shown["their probabilities"])
    np.testing.assert_allclose([first.sum(), probabilities.sum()], 1, rtol=1e-6)
    assert np.all(np.abs(first - probabilities) < 5 * np.sqrt(probabilities * (1 - probabilities) / 400))
    words = [
        "ada",
        "alan",
        "barbara",
        "claude",
        "donald",
        "edsger",
        "emmy",
        "frances",
        "grace",
        "john",
        "karen",
        "leslie",
        "niklaus",
        "tony",
    ]
    index = {c: i for i, c in enumerate(["."] + sorted(set("".join(words))))}
    windows = [("..." + word + ".")[i : i + 4] for word in words for i in range(len(word) + 1)]
    codes = np.array([[index[c] for c in window] for window in windows])
    X, Y, n = codes[:, :3], codes[:, 3], len(index)
    rng = np.random.default_rng(21)
    params = [rng.normal(size=shape) * 0.3 for shape in [(n, 2), (6, 12), (12,), (12, n), (n,)]]

    def step(C: Any, *layers: Any) -> tuple[float, list[Any]]:
        flat = C[X].reshape(-1, 6)
        loss, gradients = perceptron(flat, Y, np.tanh, lambda h: 1 - h * h)(*layers)
        # The embedding is a layer, too, whose input is flat: the gradient of the next layer's bias, row by row, times its weights.
        h = np.tanh(flat @ layers[0] + layers[1])
        dz = (softmax(h @ layers[2] + layers[3]) - np.eye(n)[Y]) / len(Y)
        dflat = (dz @ layers[2].T * (1 - h * h)) @ layers[0].T
        dC = np.zeros_like(C)
        np.add.at(dC, X, dflat.reshape(-1, 3, 2))
        return loss, [dC, *gradients]

    losses = descent(params, step, [0.5] * 40 + [0.05] * 20)
    np.testing.assert_allclose(shown["losses"], np.reshape(losses, (-1, 10)).mean(1), rtol=1e-8)


def by_examples(shown: Shown) -> None:
    x = np.linspace(-math.pi, math.pi, 200)
    X = np.stack([x**i for i in range(4)], 1)
    best, (least,) = np.linalg.lstsq(X, np.sin(x))[:2]
    size, along = np.linalg.eigh(2 * X.T @ X)
    coefficients = best + along @ ((1 - 1e-5 * size) ** 500 * (along.T @ ([0.1, -0.2, 0.3, -0.1] - best)))
    for name in ("numpy", "tensors", "autograd"):
        np.testing.assert_allclose(shown[name], coefficients, rtol=1e-7)
    np.testing.assert_allclose(shown["layers"], coefficients, rtol=1e-6)  # they begin at numbers of float32
    np.testing.assert_allclose(shown["module"], [*coefficients, 0.01], rtol=1e-7)
    P3 = np.polynomial.Legendre.basis(3)
    u = np.array([-0.5, 0.2, 1.0])
    np.testing.assert_allclose(shown["function"], [*P3(u), *P3.deriv()(u)], rtol=1e-6)
    assert least <= shown["optimiser"][0] < 1.05 * least
    np.testing.assert_allclose([shown[f"shared {n}"][0] for n in range(3)], [0, np.sum(x[100:] ** 4), np.sum(x[100:] ** 4 + x[100:] ** 5)])


def numbers(printed: str) -> Shown:
    """Each line's name, and the numbers after it; lines without are left out."""
    pairs = [line.split(": ") for line in printed.splitlines() if ": " in line]
    return {name: [float(n) for n in rest.split()] for name, rest in pairs}


CHECKS = [linear_networks, perceptrons, k_fold_polynomial, letters, by_examples]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_lesson_prints_what_mathematics_says(check: Callable[[Shown], None], capsys: pytest.CaptureFixture[str], alone: None) -> None:
    script = LESSONS / f"{check.__name__}.py"
    assert unknown(script) == [] == unknown(LESSONS / "helpers.py")
    assert main([str(script)]) == 0
    check(numbers(capsys.readouterr().out))


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed: the lessons were not run there")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_prints_the_same_in_pytorch(check: Callable[[Shown], None]) -> None:
    done = subprocess.run([sys.executable, LESSONS / f"{check.__name__}.py"], capture_output=True, text=True, check=True)
    check(numbers(done.stdout))

"""What a notebook shows: cells run in a real kernel, and each shows the picture, or says why there is none."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

WATCHED = """import nn
net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
with watch(net, every=1) as view:
    for _ in range(3):
        net(ones(4, 2)).sum().backward()"""
# The code of each cell, the type of the output that is looked at, and a pattern it has; "" where the cell shows nothing.
CELLS = [
    ("from autograd.drawing.picture import Graph\ng = Graph()\ng.edge('a', 'b')", "", ""),
    ("g", "image/svg+xml", "<svg(.|\n)*<title>a</title>"),
    ("display(g)", "image/svg+xml", '<svg style="max-width:100%;height:auto" width='),  # no wider than the cell
    ("from autograd import *\nx = Value(2.0)\ndraw(x * x)", "image/svg+xml", "<svg(.|\n)*>x</text>"),
    ("graph_player(x * x)", "text/html", "^<iframe srcdoc="),
    ("summary(__import__('nn').Linear(2, 1), (3, 2))", "text/html", "<table"),
    (WATCHED, "text/html", "^<iframe srcdoc=(.|\n)*step"),
    (
        "from pathlib import Path\nfrom demos.story import Story\nstory = Story('digits', Path())\nstory.untold = 'Not here.'\nstory",
        "text/html",
        r"^<iframe srcdoc=(.|\n)*Not here\.",
    ),
    ("g.timeout = 0\ng", "text/plain", r"^Graphviz was not done .* after 0 s\. .*timeout="),
    ("g = Graph(body=['a -> '])\ng", "text/plain", "^Graphviz failed: .*(.|\n)*syntax error"),
    ("import os, sys\nos.environ['PATH'] = ''\nsys.modules[Graph.__module__]._home_of_pygraphviz = lambda: None", "", ""),
    ("Graph()", "text/plain", r"^to draw .*PATH.*`pip install pygraphviz`.*\.source"),
]


def test_cells_show_pictures_or_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("dot"):
        pytest.importorskip("pygraphviz")
    kernel = tmp_path / "kernels" / "this-python"  # any other might be another Python, with other packages
    kernel.mkdir(parents=True)
    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    env = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    (kernel / "kernel.json").write_text(json.dumps({"argv": start, "display_name": "", "language": "python", "env": env}))
    for name in ("JUPYTER_PATH", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code, _, _ in CELLS])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="this-python", resources={"metadata": {"path": tmp_path}}).execute()
    for cell, (code, kind, pattern) in zip(notebook.cells, CELLS):
        assert len(cell.outputs) == bool(kind), (code, cell.outputs)  # one: a traceback would be another
        for output in cell.outputs:
            assert re.search(pattern, output.data[kind]), (code, output)

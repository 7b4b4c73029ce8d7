"""Pictures from what the machine has: `dot`, or pygraphviz alone, or neither; and none takes for ever or leaves something behind."""

import base64
import copy
import json
import os
import pickle
import random
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import graphviz
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, draw
from autograd.drawing.picture import Graph, layout
from autograd.drawing.picture import render as draw_into
from tests.browser import Browser

render = sys.modules[Graph.__module__]  # the package has a function of this name
SIGNATURES = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
GRAPH = "digraph { a -> b }"


def small(**arguments: Any) -> Graph:
    g = Graph(**arguments)
    g.edge("a", "b")
    return g


@pytest.fixture
def pygraphviz_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def no_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "_home_of_pygraphviz", lambda: None)


@pytest.fixture
def neither(no_pygraphviz: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


class Dot:
    """A shell script in place of `dot`, alone on PATH."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def does(self, script: str, first_line: str = "#!/bin/sh\n") -> None:
        file = self.directory / "dot"
        file.write_text(f"{first_line}PATH=/usr/bin:/bin\ncd '{self.directory}'\n{script}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dot:
    if os.name != "posix":
        pytest.skip("the program is a shell script")
    (bin := tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(bin))
    return Dot(bin)


# pygraphviz alone
@pytest.mark.parametrize("format", SIGNATURES)
def test_pygraphviz_alone_gives_pictures(format: str, tmp_path: Path, pygraphviz_alone: None) -> None:
    path = tmp_path / f"g.{format.upper()}"
    assert draw_into(small(), path) == str(path)
    assert path.read_bytes().startswith(SIGNATURES[format])
    assert small().pipe(format).startswith(SIGNATURES[format])
    assert os.listdir(tmp_path) == [path.name]


def test_any_graphviz_digraph_can_be_drawn_and_engines_differ(tmp_path: Path, pygraphviz_alone: None) -> None:
    g = graphviz.Digraph(body=[f"{i} -> {i + 1}\n" for i in range(4)])
    text = Path(draw_into(g, tmp_path / "dot.plain")).read_text()
    g.engine = "circo"
    assert text != Path(draw_into(g, tmp_path / "circo.plain")).read_text()


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1))
def test_any_text_reaches_graphviz_unchanged(label: str) -> None:
    pytest.importorskip("pygraphviz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        patch.setenv("LC_ALL", "C")
        g = Graph(comment="the first line is no graph")
        g.node("a", graphviz.escape(label))
        (node,) = json.loads(g.pipe("json0", encoding="utf-8"), strict=False)["objects"]
    assert node["label"] == graphviz.escape(label)


def test_text_in_another_encoding_reaches_graphviz(pygraphviz_alone: None) -> None:
    g = Graph(encoding="latin-1", graph_attr={"charset": "latin1"})
    g.node("a", "é")
    assert ">é</text>" in g.pipe().decode()


def test_what_pygraphviz_says_comes_without_a_traceback(pygraphviz_alone: None) -> None:
    with pytest.raises(RuntimeError, match=r"^Graphviz failed: status 1, Invalid Input$"):
        layout("", "plain", 20)


def test_python_inside_another_program_cannot_start_pygraphviz(pygraphviz_alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(graphviz.ExecutableNotFound):
        layout(GRAPH, "svg", 20)


def test_files_that_lie_about_do_not_get_in_the_way(tmp_path: Path, pygraphviz_alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pygraphviz", "tempfile", "typing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert layout(GRAPH, "svg", 20, directory=str(tmp_path)).startswith(b"<?xml")


def test_a_file_by_the_name_of_pygraphviz_is_no_pygraphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    (tmp_path / "pygraphviz.py").touch()
    assert render._home_of_pygraphviz() is None
    (tmp_path / "pygraphviz-9.dist-info").mkdir()
    assert render._home_of_pygraphviz() == str(tmp_path)


def test_an_engine_that_is_asked_for_finds_places_of_its_own(dot: Dot, no_pygraphviz: None, tmp_path: Path) -> None:
    dot.does("cat")
    x = Value(2.0)
    for how in ({}, {"rankdir": "TB"}):
        y = draw(x * x, **how)  # type: ignore[arg-type]
        placed, text = y.placed, y.source
        assert placed == (not how) == ("layout=nop2" in y.pipe("svg", encoding="utf-8"))
        for engine in ("neato", "dot"):
            assert "nop2" not in y.pipe("svg", engine=engine, encoding="utf-8")
            assert b"nop2" not in Path(y.render(tmp_path / "y.svg", engine=engine)).read_bytes()
        y.engine = "circo"
        assert "nop2" not in y.pipe(encoding="utf-8") and b"nop2" not in Path(draw_into(y, tmp_path / "y.svg")).read_bytes()
        assert y.placed == placed and y.source == text


# The program `dot`
def test_dot_gets_the_text_and_the_format(dot: Dot, no_pygraphviz: None) -> None:
    dot.does("echo $@ > arguments; cat > stdin; echo A warning >&2; printf picture")
    g = small(engine="fdp")
    assert g.pipe() == b"picture"
    assert (dot.directory / "arguments").read_text() == "-Kfdp -Tsvg\n"
    assert (dot.directory / "stdin").read_text() == g.source


def test_what_a_graph_passes_on_to_dot(dot: Dot, no_pygraphviz: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dot.does("printf '%s ' $@")
    assert Graph().pipe("png", renderer="cairo", formatter="gd", encoding="utf-8") == "-Kdot -Tpng:cairo:gd "
    assert Graph(engine="neato").pipe(neato_no_op=2, encoding="ascii") == "-Knop2 -Tsvg "
    assert Graph().pipe(neato_no_op=2, encoding="ascii") == "-Kdot -Tsvg "
    monkeypatch.chdir(tmp_path)
    assert Graph().render("g", formatter="gd", renderer="cairo", format="png") == "g.gd.cairo.png"
    with pytest.raises(graphviz.RequiredArgumentError, match="without renderer"):
        Graph().pipe(formatter="gd")
    with pytest.raises(ValueError, match="unknown format: 'foo'"):
        Graph().pipe("foo")


def test_images_are_named_from_where_the_text_stands(
    dot: Dot, no_pygraphviz: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dot.does("echo $OLDPWD")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "bin")
    (there := tmp_path / "there").mkdir()
    assert Path(Path(small().render(there / "g")).read_text().strip()).samefile(there)


def test_the_text_is_encoded_as_the_graph_says(dot: Dot, no_pygraphviz: None, tmp_path: Path) -> None:
    dot.does("cat")
    assert Path(draw_into(Graph("é", encoding="latin-1"), tmp_path / "g.png")).read_bytes().startswith(b'digraph "\xe9"')
    assert Graph("é", encoding="latin-1", format="png").pipe(encoding="latin-1").startswith('digraph "é"')
    assert Graph("é", encoding="latin-1", format="png").pipe().startswith(b'digraph "\xe9"')
    assert layout("é", "png", 20) == "é".encode()


@pytest.mark.parametrize(
    "failure",
    [
        """echo 'Format: "png" not recognized. Use one of: svg' >&2; exit 1""",
        "printf half; kill -SEGV $$",
        pytest.param("", id="no program"),
    ],
)
def test_where_dot_fails_pygraphviz_helps_or_graphviz_speaks(failure: str, dot: Dot, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    dot.does(failure, *[] if failure else ["neither a script nor a program\n"])
    assert small().pipe("png").startswith(SIGNATURES["png"])
    monkeypatch.setattr(render, "_home_of_pygraphviz", lambda: None)
    words = {"e": 'status 1, Format: "png" not recognized', "p": "status -11, no message", "": "dot: Exec format error"}[failure[:1]]
    with pytest.raises(RuntimeError, match=f"Graphviz failed: .*{words}"):
        small().pipe("png")


def test_where_both_fail_dot_speaks(dot: Dot) -> None:
    pytest.importorskip("pygraphviz")
    dot.does("echo this is dot >&2; exit 3")
    with pytest.raises(RuntimeError, match=r"failed: status 3, this is dot$"):
        layout("digraph {", "svg", 20)


@pytest.mark.parametrize("program", ["dot", "pygraphviz"])
def test_broken_text_is_an_error_in_graphvizs_words(program: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if program == "pygraphviz":
        request.getfixturevalue("pygraphviz_alone")
    elif not shutil.which("dot"):
        pytest.skip("no dot on PATH")
    with pytest.raises(RuntimeError, match=r"(?s)^Graphviz failed: status 1, .*syntax error in line 1") as error:
        layout("digraph { a -> ", "svg", 20)
    assert "Traceback" not in str(error.value)


# `dot` where it is installed, else pygraphviz
def test_svg_is_the_same_again_and_knows_no_version() -> None:
    require_a_renderer()
    g = small()
    assert g.pipe() == g.pipe() == layout(g.source, "svg", 20)
    assert b"graphviz version" not in g.pipe() and b"<title>a</title>" in g.pipe()


def require_a_renderer() -> None:
    if not shutil.which("dot"):
        pytest.importorskip("pygraphviz")


# Graphs do what those of the graphviz package do
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"filename": "g", "format": "png"},
        {"filename": "g.dot", "directory": "new", "cleanup": True},
        {"outfile": "g.pdf", "cleanup": True},
        {"outfile": "new/g.pdf"},
        {"outfile": "g.pdf", "filename": "h", "directory": "new"},
        {"outfile": "g.gv", "format": "gv", "overwrite_source": True},
    ],
    ids=str,
)
def test_render_names_files_as_graphviz_does(arguments: Any, dot: Dot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dot.does(
        """cd "$OLDPWD"; case $3 in -o) printf picture > "$4";; -O) printf picture > "$4.${2#-T}";; *) cat > /dev/null; printf picture; esac"""
    )
    found = []
    for kind in (Graph, graphviz.Digraph):
        (directory := tmp_path / kind.__name__).mkdir()
        monkeypatch.chdir(directory)
        returned = kind("name", body=small().body, format="svg").render(**arguments)
        files = {p.relative_to(directory): p.read_bytes() for p in directory.rglob("*") if p.is_file()}
        assert files[Path(returned)] == b"picture"
        found.append((returned, files))
    assert found[0] == found[1]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["n.png", "N.SVG", "a.b.pdf", "n.json"]), inside=st.booleans(), how=st.sampled_from(["save", "render", "write"])
)
def test_a_name_that_says_a_format_gets_the_picture_and_nothing_beside_it(name: str, inside: bool, how: str, tmp_path: Path) -> None:
    shutil.rmtree(there := tmp_path / "there", ignore_errors=True)
    there.mkdir()
    g, path = small(format="gif"), there / name
    found = draw_into(g, path) if how == "write" else getattr(g, how)(*((name, there) if inside else (path,)))
    assert Path(found) == path and [*there.iterdir()] == [path]
    start = {"json": b"{"} | SIGNATURES
    assert path.read_bytes().startswith(start[name.split(".")[-1].lower()])
    assert g.filename == small().filename and g.format == "gif"  # as they were
    assert g.save(there / "n.gv") == str(there / "n.gv") and (there / "n.gv").read_text() == g.source


def test_names_and_formats_that_disagree_are_refused(tmp_path: Path, neither: None) -> None:
    with pytest.raises(ValueError, match=r"the name says png; give one of the two"):
        small().render(tmp_path / "n.png", format="svg")
    (tmp_path / "n.png").write_text("older")
    with pytest.raises(graphviz.FileExistsError):
        small().render(tmp_path / "n.png", raise_if_result_exists=True)
    assert small().save(tmp_path / "n.png", skip_existing=True) == str(tmp_path / "n.png")
    assert (tmp_path / "n.png").read_text() == "older" and len([*tmp_path.iterdir()]) == 1


def test_draw_writes_into_the_file_that_is_named(tmp_path: Path) -> None:
    x = Value(2.0, label="x")
    picture = draw(x * x, tmp_path / "y.svg")
    assert b"<svg" in (tmp_path / "y.svg").read_bytes() and picture.source == draw(x * x).source and len([*tmp_path.iterdir()]) == 1
    with pytest.raises(ValueError, match=r"must end in \.svg, \.png"):
        draw(x * x, "svg")
    with pytest.raises(TypeError, match="names go into names="):
        draw(x * x, nn.Linear(1, 1))  # type: ignore[arg-type]


def test_a_wide_picture_fits_a_narrow_cell_and_is_whole_in_a_file(browser: Browser, tmp_path: Path) -> None:
    g = Graph(graph_attr={"rankdir": "LR"})
    for i in range(30):
        g.edge(f"node {i}", f"node {i + 1}")
    svg = g._repr_mimebundle_()["image/svg+xml"]
    as_image = f'<img src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" style="max-width:100%">'
    for width in (375, 1280):
        browser.size(width, 600)
        for shown in (svg[svg.index("<svg") :], as_image):
            (page := tmp_path / "cell.html").write_text(f'<!doctype html><body style="margin:0"><div>{shown}</div>')
            browser.open(page)
            box = browser.evaluate("(r => [r.width, r.height])(document.querySelector('svg, img').getBoundingClientRect())")
            assert width - 2 < box[0] <= width and 1 < box[1] < 50 and browser.evaluate("document.documentElement.scrollWidth") == width
    assert "max-width" not in g.pipe("svg", encoding="utf-8")


def test_what_a_picture_is_called() -> None:
    x = Value(2.0, label="x")
    assert repr(draw(x * x)).startswith("<picture of 3 boxes and 3 arrows: .save(")
    loss = (x * x + 1).tanh()
    for picture in (draw(loss, layout="mirror"), draw(loss)):
        boxes, arrows = map(int, re.findall(r"\d+", repr(picture))[:2])
        svg = picture.pipe("svg", encoding="utf-8")
        assert (boxes, arrows) == (svg.count('class="node"'), svg.count('class="edge"'))
    g = Graph()
    g.node("a", "A -> B")
    g.edge("a", "b c", label="x -> y")
    assert repr(g).startswith("<picture of 2 boxes and 1 arrow:")


def test_render_refuses_as_graphviz_does(tmp_path: Path, neither: None) -> None:
    (tmp_path / "g.svg").write_text("older")
    g = small(directory=tmp_path)
    with pytest.raises(graphviz.FileExistsError, match=re.escape("g.svg")):
        g.render(outfile="g.svg", raise_if_result_exists=True)
    with pytest.raises(ValueError, match="over its source"):
        g.render(outfile="g.gv")
    with pytest.raises(ValueError, match="not both"):
        g.render(outfile="g.svg", raise_if_result_exists=True, overwrite_source=True)
    with pytest.raises(FileNotFoundError, match="missing"):
        g.render("g", outfile="missing/g.svg")
    assert (tmp_path / "g.svg").read_text() == "older"


def test_view_renders_and_opens(dot: Dot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dot.does("printf picture")
    opened = []
    monkeypatch.setattr(graphviz, "view", lambda path, **_: opened.append(Path(path).read_bytes()))
    assert small().view("g", directory=tmp_path) == str(tmp_path / "g.svg")
    assert opened == [b"picture"]


@pytest.mark.parametrize("again", [Graph.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))])
def test_copies_keep_all(again: Any) -> None:
    g = small(name="x", timeout=7, engine="neato", graph_attr={"rankdir": "LR"})
    g2 = again(g)
    assert type(g2) is Graph and vars(g2) == vars(g) and g2.source == g.source
    g2.edge("b", "c")
    assert g2.source != g.source


def test_subgraphs_and_the_text(tmp_path: Path) -> None:
    g = Graph("name", timeout=7)
    with g.subgraph(name="cluster_x") as s:
        assert s.timeout == 7
        s.node("a")
    assert str(g) == g.source and "subgraph cluster_x" in g.source
    assert Path(g.save(tmp_path / "g.gv")).read_text() == g.source
    assert (Graph().format, Graph().timeout, Graph(format="png").format) == ("svg", 20, "png")


@pytest.mark.parametrize(
    "add",
    [
        lambda g: g.node("new"), lambda g: g.edge("v0", "new"), lambda g: g.edges([("v0", "new")]), lambda g: g.attr(rankdir="TB"),
        lambda g: g.subgraph(Graph("s")),
    ],
)  # fmt: skip
def test_what_is_added_to_a_picture_is_laid_out_by_graphviz(add: Any) -> None:
    picture = draw(Value(2.0) * 3)
    other = picture.copy()
    assert "layout=nop2" in other.source
    add(other)
    assert "nop2" not in other.source and "nop2" in picture.source
    own = Graph(graph_attr={"layout": "nop2"})
    add(own)
    assert "nop2" in own.source  # whoever gives places themselves keeps them


def test_unflatten_is_a_program_of_its_own(dot: Dot) -> None:
    with pytest.raises(graphviz.ExecutableNotFound, match="unflatten"):
        small().unflatten()
    dot.does("cat")
    (dot.directory / "dot").rename(dot.directory / "unflatten")
    assert small().unflatten().source == small().source


# Neither: what to do
def test_neither_names_both_cures(neither: None, tmp_path: Path) -> None:
    cures = r"dot. is on PATH.*pip install pygraphviz.*\.source holds"
    with pytest.raises(graphviz.ExecutableNotFound, match=cures) as error:
        small().pipe()
    assert isinstance(error.value, RuntimeError)
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)
    with pytest.raises(RuntimeError, match=cures):
        draw_into(small(), tmp_path / "g.svg")
    (bundle,) = small()._repr_mimebundle_().items()
    assert bundle[0] == "text/plain" and re.search(cures, bundle[1])


@pytest.mark.parametrize("name", ["g", "g.", "g.foo", ".svg"])
def test_a_suffix_that_is_no_format(name: str, tmp_path: Path, neither: None) -> None:
    with pytest.raises(ValueError, match=rf"must end in \.svg, \.png, \.pdf or .*got .*{re.escape(name)}'$"):
        draw_into(small(), tmp_path / name)


# Files
def test_an_older_picture_stays_where_a_new_one_fails(
    dot: Dot, no_pygraphviz: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pictures := tmp_path / "pictures").mkdir()
    path = pictures / "g.svg"
    path.write_text("older")
    dot.does("printf half; exit 1")
    with pytest.raises(RuntimeError, match="no message"):
        draw_into(small(), path)
    dot.does("printf newer")
    with monkeypatch.context() as patch:

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            draw_into(small(), path)
    assert path.read_text() == "older" and os.listdir(pictures) == ["g.svg"]
    draw_into(small(), path)
    assert path.read_text() == "newer" and os.listdir(pictures) == ["g.svg"]


def test_an_error_of_writing_names_the_path(dot: Dot, tmp_path: Path) -> None:
    dot.does("printf picture")
    with pytest.raises(OSError, match=r"x\.svg'$"):
        draw_into(small(), tmp_path / f"{'x' * 300}.svg")


def test_a_directory_that_is_missing_is_told_before_the_layout(tmp_path: Path, neither: None) -> None:
    with pytest.raises(FileNotFoundError, match=r"make it first.*missing"):
        draw_into(small(), tmp_path / "missing" / "g.svg")


# Time
def test_what_takes_too_long_ends_with_all_it_started(dot: Dot) -> None:
    os.mkfifo(fifo := dot.directory / "fifo")  # reading gives nothing more once no process is left that could write
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    dot.does("exec > fifo; echo started; (sleep 60; echo waited for) & sleep 60; echo waited for")
    try:
        with pytest.raises(TimeoutError, match=r"after 1 s\..*depth=, max_nodes=.*timeout=.*\.source holds"):
            layout(GRAPH, "svg", 1)
        assert rest(reader) == b"started\n"
    finally:
        os.close(reader)


def test_ctrl_c_ends_it_too(dot: Dot) -> None:
    os.mkfifo(fifo := dot.directory / "fifo")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    dot.does("exec > fifo; cat > /dev/null; echo started; sleep 60")  # the text has come: it is being waited for
    code = f"import sys; sys.path[:] = {sys.path!r}; from autograd.drawing.picture import layout; layout('', 'svg', 600)"
    child = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    try:
        assert wait_for(lambda: os.read(reader, 99)) == b"started\n"
        child.send_signal(2)
        assert b"KeyboardInterrupt" in child.communicate(timeout=300)[1]
        assert rest(reader) == b""
    finally:
        child.kill()
        child.communicate()
        os.close(reader)


def rest(reader: int) -> bytes:
    """What is in the pipe until its last writer has gone; fails if one stays."""
    got = b""
    while part := wait_for(lambda: os.read(reader, 99), even_nothing=True):
        got += part
    return got


def wait_for(read: Any, even_nothing: bool = False) -> bytes:
    for _ in range(10_000):
        try:
            if (got := read()) or even_nothing:
                return got
        except BlockingIOError:
            pass
        time.sleep(0.01)
    raise AssertionError("a process is still there, or never came")


def skips(nodes: int) -> list[str]:
    """A chain with as many random long edges as nodes: what no layout in ranks likes."""
    r = random.Random(0)
    edges = [(i, i + 1) for i in range(nodes - 1)] + [sorted(r.sample(range(nodes), 2)) for _ in range(nodes)]
    return [f"{a} -> {b}\n" for a, b in edges]


@pytest.mark.parametrize("program", ["dot", "pygraphviz"])
def test_a_graph_of_long_skips_ends_in_time(program: str, request: pytest.FixtureRequest) -> None:
    if program == "pygraphviz":
        request.getfixturevalue("pygraphviz_alone")
    elif not shutil.which("dot"):
        pytest.skip("no dot on PATH")
    g = Graph(timeout=1, body=skips(300))
    assert "after 1 s" in g._repr_mimebundle_()["text/plain"]


def test_the_timeout_is_that_of_the_call_or_else_of_the_graph(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = []
    monkeypatch.setattr(render, "layout", lambda source, format, timeout, **_: seen.append(timeout) or b"")
    draw_into(small(timeout=7), tmp_path / "g.svg", timeout=3)
    for graph in (small(timeout=7), graphviz.Digraph()):
        draw_into(graph, tmp_path / "g.svg")
    small(timeout=8).pipe()
    small(timeout=9).render(tmp_path / "g")
    assert seen == [3, 7, 20, 8, 9]


def test_a_very_long_text(pygraphviz_alone: None) -> None:
    chain = "digraph {" + "".join(f"{i} -> {i + 1};" for i in range(20_000)) + "}"
    assert layout(chain, "plain", 60).count(b"\nedge") == 20_000

"""An image in a DOT text is a file while the text is laid out, and is in the picture afterwards, of whatever kind that is."""

import gzip
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from autograd.drawing.images import as_files
from autograd.drawing.picture import Graph, layout
from autograd.drawing.png import data_uri, png

URI = data_uri(png(np.array([[0, 1], [1, 0]]).repeat(24, 0).repeat(24, 1), ["#ff0000", "#0000ff"]))
OTHER = data_uri(png(np.zeros((8, 8), int), ["#00ff00"]))
TEXT = (
    f'digraph {{ bgcolor=white; a [shape=none label=<<table><tr><td><img src="{URI}"/></td></tr></table>>]; b [label="" image="{OTHER}"] }}'
)


@pytest.fixture(params=["dot", "pygraphviz"])
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pygraphviz":
        pytest.importorskip("pygraphviz")
        monkeypatch.setenv("PATH", "")
    elif not shutil.which("dot"):
        pytest.skip("dot is not installed")


@pytest.mark.parametrize("format", ["svg", "svgz"])
def test_an_svg_holds_its_images_and_nothing_points_elsewhere(format: str, program: None) -> None:
    picture = layout(TEXT, format, 20)
    text = (gzip.decompress(picture) if format == "svgz" else picture).decode()
    assert sorted(re.findall(r'xlink:href="([^"]*)"', text)) == sorted([URI, OTHER])
    assert layout(TEXT, format, 20) == picture


def test_pixels_and_pages_have_the_image(program: None) -> None:
    image = pytest.importorskip("matplotlib.image")
    import io

    pixels = image.imread(io.BytesIO(layout(TEXT, "png", 20)), format="png")[..., :3].reshape(-1, 3)
    for colour in ([1, 0, 0], [0, 0, 1], [0, 1, 0]):
        assert (np.abs(pixels - colour).max(1) < 0.01).sum() > 20
    assert layout(TEXT, "pdf", 20).count(b"/Image") >= 2


def test_files_are_gone_afterwards_also_where_the_layout_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with as_files(TEXT.encode()) as (text, restored):
        (directory,) = os.listdir(tmp_path)
        assert sorted(os.listdir(tmp_path / directory)) == ["0.png", "1.png"] and b"data:" not in text
        assert restored(text) == TEXT.encode()
    assert not os.listdir(tmp_path)
    with pytest.raises(RuntimeError):
        layout(TEXT.replace("digraph", "no graph"), "svg", 20)
    assert not os.listdir(tmp_path)


def test_a_text_without_images_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with as_files(b"digraph { a }") as (text, restored):
        assert (text, restored(b"<svg/>")) == (b"digraph { a }", b"<svg/>")


def test_a_saved_text_is_drawn_as_well(tmp_path: Path, program: None) -> None:
    g = Graph()
    g.node("a", label="", image=OTHER)
    assert OTHER in Path(g.render(tmp_path / "g")).read_text() and OTHER in (tmp_path / "g").read_text()
    assert OTHER in str(g._repr_mimebundle_()["image/svg+xml"])

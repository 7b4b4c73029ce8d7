"""Published files come whole or not at all, from wherever they are to be had; other people's files are looked at before they are used."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from demos import clothes
from demos.clothes import File, cache, fetch
from demos.story import Story, UntoldError
from tests.demos.test_idx import idx

CONTENT = np.random.default_rng(0).bytes(300_000)  # more than one chunk
FILE = File("file.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
NOWHERE = "http://127.0.0.1:9/"  # a port at which nobody answers


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The directory of a published file."""
    home = tmp_path / "home"
    home.mkdir()
    (home / FILE.name).write_bytes(CONTENT)
    return home


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Answers requests by a handler, on a thread, and says at which address."""
    servers = []

    def started(handler: Callable[..., BaseHTTPRequestHandler]) -> str:
        servers.append(server := HTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def fetched(monkeypatch: pytest.MonkeyPatch, directory: Path, *homes: str, file: File = FILE, story: Story | None = None) -> Path:
    monkeypatch.setattr(clothes, "HOMES", homes)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return fetch(story or Story("fashion", Path()), file, directory)


def test_a_file_is_fetched_once_by_http_or_from_a_disk(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., str]
) -> None:
    for i, url in enumerate([f"file://{home}/", serve(partial(Quiet, directory=str(home)))]):
        directory = tmp_path / f"cache{i}" / "deep"
        path = fetched(monkeypatch, directory, url)
        assert path == directory / FILE.name and path.read_bytes() == CONTENT and list(directory.iterdir()) == [path]
        assert fetched(monkeypatch, directory, NOWHERE) == path


@pytest.mark.parametrize("broken", [CONTENT[:150_000], CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]), CONTENT + b" ", b""])
def test_a_broken_file_in_the_cache_is_never_used_and_is_fetched_again(
    broken: bytes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILE.name
    path.write_bytes(broken)
    with pytest.raises(UntoldError, match="could not be fetched"):
        fetched(monkeypatch, tmp_path, NOWHERE)
    assert fetched(monkeypatch, tmp_path, f"file://{home}/") == path and path.read_bytes() == CONTENT


def test_where_one_home_has_it_not_or_has_another_the_next_is_asked(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., str]
) -> None:
    forged = tmp_path / "forged"
    forged.mkdir()
    (forged / FILE.name).write_bytes(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))
    empty = serve(partial(Quiet, directory=str(tmp_path / "nothing")))
    path = fetched(monkeypatch, tmp_path / "cache", NOWHERE, empty, f"file://{forged}/", f"file://{home}/")
    assert path.read_bytes() == CONTENT


class Broken(Quiet):
    """Promises the whole file, and hangs up half-way."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(FILE.size))
        self.end_headers()
        self.wfile.write(CONTENT[:150_000])


class Mute(Quiet):
    """Says nothing for longer than anybody waits."""

    def do_GET(self) -> None:
        done.wait(5)


done = threading.Event()


@pytest.mark.parametrize("kind", ["wrong", "no network", "half", "mute", "not there", "no room"])
def test_what_cannot_be_fetched_whole_is_refused_and_nothing_is_left(
    kind: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., str]
) -> None:
    monkeypatch.setattr(clothes, "TIMEOUT", 0.2)
    done.clear()
    directory, good = tmp_path / "cache", f"file://{home}/"
    file = FILE._replace(sha256="0" * 64) if kind == "wrong" else FILE
    if kind == "no room":
        directory.write_text("a file where the cache should be")
    url, says = {
        "wrong": (good, f"has the checksum {FILE.sha256}, so that it is not the published file"),
        "no network": (NOWHERE, "refused"),
        "half": (serve(Broken), "ended after 150,000 of 300,000 bytes"),
        "mute": (serve(Mute), "timed out"),
        "not there": (f"file://{tmp_path}/other/", "No such file"),
        "no room": (good, "cache"),
    }[kind]
    with pytest.raises(UntoldError) as error:
        fetched(monkeypatch, directory, url, file=file)
    done.set()
    said = str(error.value)
    assert all(word in said for word in (FILE.name, url, says, "--data DIR", "zalandoresearch", "demos digits"))
    assert not directory.is_dir() or not list(directory.iterdir())


@pytest.mark.parametrize("quits", [False, True])
def test_ctrl_c_half_way_leaves_nothing(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quits: bool) -> None:
    class Pressing(Story):
        def progress(self, items, what):  # type: ignore[no-untyped-def]
            for item in super().progress(items, what):
                yield item
                self.stopped = True
                if quits:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt if quits else UntoldError, match=None if quits else "stopped while file.gz was fetched"):
        fetched(monkeypatch, tmp_path / "cache", f"file://{home}/", story=Pressing("fashion", Path()))
    assert not list((tmp_path / "cache").iterdir())


def test_the_cache_is_where_the_system_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache() == tmp_path / "chainrule" / "fashion-mnist"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache() == tmp_path / ".cache" / "chainrule" / "fashion-mnist"


def written(directory: Path, n: int = 6, zipped: bool = False, **other: np.ndarray) -> dict[str, np.ndarray]:
    """Writes the four files, and says what is in them; ``other`` replaces some."""
    rng = np.random.default_rng(1)
    directory.mkdir(exist_ok=True)
    arrays = {
        "train_images": rng.integers(0, 256, (n, 28, 28), np.uint8),
        "train_labels": rng.integers(0, 10, n, np.uint8),
        "t10k_images": rng.integers(0, 256, (3, 28, 28), np.uint8),
        "t10k_labels": np.array([0, 9, 4], np.uint8),
    } | other
    for file, array in zip(clothes.FILES, arrays.values()):
        name = file.name if zipped else file.name.removesuffix(".gz")
        (directory / name).write_bytes(gzip.compress(idx(8, array)) if zipped else idx(8, array))
    return arrays


@pytest.mark.parametrize("zipped", [False, True])
def test_reads_a_directory_or_what_was_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool) -> None:
    arrays = written(tmp_path / "data", zipped=zipped)
    if zipped:
        contents = [(tmp_path / "data" / file.name).read_bytes() for file in clothes.FILES]
        files = [File(f.name, len(content), hashlib.sha256(content).hexdigest()) for f, content in zip(clothes.FILES, contents)]
        monkeypatch.setattr(clothes, "FILES", files)
        monkeypatch.setattr(clothes, "cache", lambda: tmp_path / "cache")
        monkeypatch.setattr(clothes, "HOMES", [f"file://{tmp_path}/data/"])
    seen, unseen = clothes.clothes(Story("fashion", Path(), data=None if zipped else tmp_path / "data"), most=5)
    np.testing.assert_array_equal(255 * seen.x.numpy(), arrays["train_images"].reshape(6, 784)[:5].astype(np.float32))
    np.testing.assert_array_equal(255 * unseen.x.numpy(), arrays["t10k_images"].reshape(3, 784))
    assert seen.y.tolist() == arrays["train_labels"][:5].tolist() and unseen.y.tolist() == [0, 9, 4]
    assert len(list((tmp_path / "cache").rglob("*.gz"))) == 4 * zipped


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"t10k_images": np.zeros((3, 8, 8), np.uint8)}, r"got pictures \(3, 8, 8\) with labels \(3,\) up to 9"),
        ({"train_labels": np.zeros(5, np.uint8)}, r"got pictures \(6, 28, 28\) with labels \(5,\)"),
        ({"train_labels": np.full(6, 10, np.uint8)}, r"up to 10"),
        ({"train_labels": np.zeros(0, np.uint8), "train_images": np.zeros((0, 28, 28), np.uint8)}, "is not Fashion-MNIST"),
    ],
)
def test_refuses_other_pictures(tmp_path: Path, other: dict[str, np.ndarray], says: str) -> None:
    written(tmp_path, **other)
    with pytest.raises(UntoldError, match=f"{says}(.|\n)*--data DIR"):
        clothes.clothes(Story("fashion", Path(), data=tmp_path))


def test_refuses_what_is_no_idx_file(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_text("<html>")
    with pytest.raises(UntoldError, match=r"t10k-labels-idx1-ubyte is no IDX file.*--data DIR"):
        clothes.clothes(Story("fashion", Path(), data=tmp_path))

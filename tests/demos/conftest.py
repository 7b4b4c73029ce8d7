"""The fixtures by which tests of stories have them told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")

from demos.story import Story, tell
from tests.demos.looking import sharp_eyes

_told: dict[tuple[Any, ...], Story] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories take their time: none is traced for coverage, which is not about them, and all are told by one worker, once.
    The pages of the site are quick."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and here / "site" not in item.path.parents:
            item.add_marker(pytest.mark.long)
            if "telling" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group("stories"))


@pytest.fixture(autouse=True, scope="session")
def _without_a_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No story fetches pictures from where they are published, or finds what the reader has fetched."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("demos.clothes.HOMES", ("http://127.0.0.1:9/",))  # a port at which nobody answers
        patch.setattr("demos.clothes.cache", lambda: cache)
        yield


@pytest.fixture
def telling(request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Story]:
    """Tells a story, its short form unless asked, and sees to what is promised of every story.

    What was told before is not told again, unless asked for by ``fresh``, or in a test that changes something.
    """

    def told(name: str, seed: int = 0, quick: bool = True, data: Path | None = None, fresh: bool = False) -> Story:
        if fresh or "monkeypatch" in request.fixturenames:
            return promised(name, tmp_path, seed, quick, data)
        key = name, seed, quick, data
        if key not in _told:
            root = tmp_path_factory.getbasetemp() / f"stories-{seed}-{'short' if quick else 'long'}{'-data' * (data is not None)}"
            root.mkdir(exist_ok=True)
            _told[key] = promised(name, root, seed, quick, data)
        return _told[key]

    return told


def promised(name: str, out: Path, seed: int, quick: bool, data: Path | None) -> Story:
    """The story, which keeps what every story promises."""
    with sharp_eyes():
        story = tell(name, out, seed, quick, data)
    if not story.untold:
        assert story.numbers and story.pictures
    assert all(math.isfinite(number.value) for number in story.numbers.values())
    for picture in story.pictures:
        assert picture.caption and picture.path.stat().st_size > (50 if picture.path.suffix == ".txt" else 500)
    assert {picture.path for picture in story.pictures} == {path for path in story.out.iterdir() if path.is_file()}
    return story


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has the reader press Ctrl-C while a story works on its item of this number, counted over all of its loops."""

    def stop_at(number: int) -> None:
        begun = 0

        def stopping(self: Story, items: Iterable[Any], what: str) -> Iterator[Any]:
            nonlocal begun
            for item in progress(self, items, what):
                begun += 1
                self.stopped = self.stopped or begun == number
                yield item

        monkeypatch.setattr(Story, "progress", stopping)

    progress = Story.progress
    return stop_at

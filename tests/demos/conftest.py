"""The fixture by which tests of stories have them told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")

from demos.story import Story, tell
from tests.demos.looking import sharp_eyes


@pytest.fixture
def telling(tmp_path: Path) -> Callable[..., Story]:
    """Tells a story, its short form unless asked, and sees to what is promised of every story."""

    def told(name: str, seed: int = 0, quick: bool = True, data: Path | None = None) -> Story:
        with sharp_eyes():
            story = tell(name, tmp_path, seed, quick, data)
        if not story.untold:
            assert story.numbers and story.pictures
        assert all(math.isfinite(number.value) for number in story.numbers.values())
        assert all(
            picture.path.stat().st_size > (50 if picture.path.suffix == ".txt" else 500) and picture.caption for picture in story.pictures
        )
        assert {picture.path for picture in story.pictures} == {path for path in story.out.iterdir() if path.is_file()}
        return story

    return told


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

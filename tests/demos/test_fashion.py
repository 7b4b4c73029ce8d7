"""The story of the clothes: told with small files of our own everywhere, and trained at full size where the four real ones are.

FASHION_MNIST names the directory that they are in.
"""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import nn
from demos import readers
from demos.clothes import FILES, NEEDS, clothes
from demos.readers import Learned, Pictures
from demos.story import Story, lacking
from nn.functional import cross_entropy
from tests.demos.test_idx import idx


def kinds(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 28, 28) of ten kinds that anybody can tell apart: a bright bar at a place of its own, in noise."""
    rng = np.random.default_rng(n)
    labels = np.arange(n, dtype=np.uint8) % 10
    images = rng.integers(0, 100, (n, 28, 28), np.uint8)
    for image, label in zip(images, labels):
        image[4:24, 2 * label + 4 : 2 * label + 6] = 255
    return images, labels


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir()
    for file, array in zip(FILES, (*kinds(5000), *kinds(500))):
        (directory / file.name.removesuffix(".gz")).write_bytes(idx(8, array))
    return directory


def test_tells_kinds_apart(telling: Callable[..., Story], data: Path) -> None:
    numbers = telling("fashion", data=data).numbers
    for name, epochs in {"from scratch": 10, "concise": 10, "with dropout": 20}.items():
        number = numbers[f"test pictures read right, {name}"]
        assert number.value > 80
        assert number.beside == f"short run: 3 of {epochs} epochs, 5,000 of 60,000 pictures; the long run is what to compare"


def test_the_long_run_is_compared(telling: Callable[..., Story], stop_at: Callable[[int], None], data: Path) -> None:
    stop_at(1)
    for number in telling("fashion", data=data, quick=False).numbers.values():
        assert "PyTorch" in number.beside and "short run" not in number.beside


@pytest.mark.parametrize("item", [4])
def test_stopped_it_has_a_page(telling: Callable[..., Story], stop_at: Callable[[int], None], data: Path, item: int) -> None:
    stop_at(item)
    story = telling("fashion", data=data)
    assert story.stopped and len(story.numbers) == len(story.pictures) == 3


def test_without_files_and_network_it_says_what_to_do(telling: Callable[..., Story]) -> None:
    story = telling("fashion", fresh=True)
    assert "train-images-idx3-ubyte.gz could not be fetched" in story.untold and NEEDS.source in story.untold and not story.pictures


def test_names_the_files_that_a_directory_lacks(telling: Callable[..., Story], data: Path, tmp_path: Path) -> None:
    assert not lacking("fashion", data)
    (data / "t10k-labels-idx1-ubyte").unlink()
    story = telling("fashion", data=data, fresh=True)
    assert "has no t10k-labels-idx1-ubyte" in story.untold and NEEDS.source in story.untold and not story.pictures


# At full size, which takes most of a minute.
class Silent(Story):
    """Nobody watches."""

    def progress(self, items: Iterable[int], what: str) -> Iterator[int]:  # type: ignore[override]
        return iter(items)


@cache
def real() -> tuple[Pictures, Pictures]:
    if not (given := os.environ.get("FASHION_MNIST")):
        pytest.skip("FASHION_MNIST does not name the directory of the four files of Fashion-MNIST")
    if lacks := lacking("fashion", Path(given)):
        pytest.skip(lacks)
    seen, unseen = clothes(Silent("fashion", Path(), data=Path(given)))
    assert seen.x.shape == (60_000, 784) and unseen.x.shape == (10_000, 784)
    return seen, unseen


def trained(net: nn.Module, epochs: int, lr: float, loss: readers.Loss = cross_entropy, story: Story | None = None) -> Learned:
    return readers.train(story or Silent("fashion", Path()), "net", net, *real(), epochs, 256, lr, loss)


def test_from_scratch() -> None:
    """In 3 of the story's 10 epochs: another test has it that by hand and from parts the same is learned."""
    learned = trained(readers.FromScratch(784, 256, 10), 3, 0.1, readers.cross_entropy)
    assert learned.accuracies[-1] > 80 and learned.losses[-1] < 0.6


def test_with_dropout() -> None:
    """In 6 of the story's 20 epochs, which are enough for 86 %."""
    learned = trained(readers.with_dropout(784, 256, 10), 6, 0.5)
    assert learned.accuracies[-1] >= 86 and learned.losses[-1] < 0.4


def fill_free_lists() -> None:
    """CPython keeps 2,000 freed tuples of each length for reuse, which would count as memory held by the training."""
    for length in range(1, 20):
        _ = [tuple(range(length)) for _ in range(2100)]


class Weighing(Silent):
    """Notes after each epoch how many bytes Python and numpy hold."""

    def progress(self, items: Iterable[int], what: str) -> Iterator[int]:  # type: ignore[override]
        self.sizes: list[int] = []
        for item in items:
            yield item
            self.sizes.append(tracemalloc.get_traced_memory()[0])


def test_concise_in_flat_memory() -> None:
    """Without the cyclic collector too, memory after the last epoch is what it was after the second."""
    net, story = readers.concise(784, 256, 10), Weighing("fashion", Path())
    real()
    gc.collect()
    gc.disable()
    fill_free_lists()
    tracemalloc.start()
    try:
        learned = trained(net, 10, 0.1, story=story)
    finally:
        tracemalloc.stop()
        gc.enable()
    assert learned.accuracies[-1] >= 85 and learned.losses[-1] < 0.42
    assert abs(story.sizes[-1] - story.sizes[1]) < 50_000, story.sizes

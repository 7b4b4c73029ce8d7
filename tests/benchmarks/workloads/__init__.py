"""The rows of the table: what is measured, with whom it is compared, and the ratio to reach.

Each room beside this file has one kind of work. A function there sets up the same work for each side and returns a `Workload`, or it
measures and returns one number, None where something that it needs is not installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.benchmarks import programs
from tests.benchmarks.measuring import Workload
from tests.benchmarks.peers import JAX, MICROGRAD, PYTORCH
from tests.benchmarks.workloads import chapter, compiling, networks, pictures, processes, scalars, tensors

__all__ = ["ROWS", "Figure", "Race"]


@dataclass(frozen=True)
class Race:
    """Several sides of one work: a row for each other side, whose figure is the ratio ours / theirs."""

    name: str
    build: Callable[..., Workload]
    targets: Mapping[str, float]  # at most, by side; sides without a target are shown all the same
    small: Mapping[str, Any] = field(default_factory=dict)  # arguments with which ``build`` makes a work that is quickly checked


@dataclass(frozen=True)
class Figure:
    """A number of its own."""

    name: str
    what: str
    measure: Callable[[], float | None]
    unit: str
    target: float | None = None


ROWS: list[Race | Figure] = [
    Race("S1 two-moons step of micrograd's users", scalars.two_moons, {MICROGRAD: 0.1}),
    Figure("S1 its forward graph", "bytes a node", scalars.bytes_a_node, "B", 120),
    Race("S2 chain of 10^6 operations", scalars.chain, {PYTORCH: 0.12}, {"n": 1000}),
    Figure("S2 freeing it", "exponent beyond that of plain objects", scalars.freeing, "", 0.1),
    Race("S3 the expression of micrograd's README", scalars.expression, {MICROGRAD: 0.22, PYTORCH: 0.08}),
    Race("T1 2-16-16-1 step, functions", networks.small_functions, {networks.BUFFERS: 1.35}),
    Race("T1 2-16-16-1 step, nn and optim", networks.small_modules, {networks.BUFFERS: 1.8, PYTORCH: 0.2, JAX: 1.0}),
    Race("T2 784-256-10 step", networks.large, {networks.FIVE: 1.2, PYTORCH: 1.0}),
    Race("T2 its matrix products in numpy", networks.matrix_products, {}),
    Race("T3 784-256-256-10 step with dropout", networks.dropped, {networks.EIGHT: 1.3, PYTORCH: 0.75}),
    Race("T4 the chapter's weight decay, 400 steps", chapter.weight_decay, {chapter.LOOPS: 2.5, PYTORCH: 0.15}, {"epochs": 10}),
    Race("T4 its polynomial, 4000 steps", chapter.polynomial, {chapter.LOOPS: 2.5, PYTORCH: 0.15}, {"epochs": 10}),
    Race("T5 Hessian-vector product", networks.hessian_vector, {networks.FORMULA: 1.5, PYTORCH: 0.35}),
    Race("S1 with its loss compiled", partial(scalars.two_moons, compiled=True), {MICROGRAD: 0.0015}),
    Figure("S1 time of compiling it", "eager steps", compiling.of_moons, "", 3),
    Race("S3 compiled", partial(scalars.expression, compiled=True), {MICROGRAD: 0.05}),
    Figure("S3 time of compiling it", "eager steps", compiling.of_expression, ""),
    Race("T1 compiled, nn and optim", partial(networks.small_modules, compiled=True), {networks.FASTEST: 1.1, JAX: 1.0}),
    Figure("T1 time of compiling it", "eager steps", compiling.of_small, "", 5),
    Race("T2 compiled", networks.classifier_compiled, {networks.FASTEST: 1.1}),
    Figure("T2 time of compiling it", "eager steps", compiling.of_large, "", 5),
    Race("T3 compiled", partial(networks.classifier_compiled, programs.with_dropout, (256, 256), (0.8, 0.5)), {networks.FASTEST: 1.1}),
    Race("T4 compiled, weight decay", partial(chapter.weight_decay, compiled=True), {chapter.LOOPS: 1.7}, {"epochs": 10}),
    Race("T4 compiled, polynomial", partial(chapter.polynomial, compiled=True), {chapter.LOOPS: 1.7}, {"epochs": 10}),
    Race("T5 compiled", partial(networks.hessian_vector, compiled=True), {networks.FORMULA: 1.3}),
    Race("E1 a thousand a + b of 4 x 4, recorded", tensors.one_sum, {tensors.NUMPY: 1.7}),
    Race("N1 epoch of the concise MLP", tensors.epoch, {tensors.HAND: 1.15}, {"rows": 1000}),
    Race("N2 a shuffled walk of the loader", tensors.loader, {}, {"rows": 1000}),
    Race("N3 dropout of 256 x 256", tensors.mask, {}),
    Race("C1 gradcheck, 100 inputs x 10", tensors.gradient_check, {PYTORCH: 0.2}),
    Figure("G1 text of a graph of 10^4 nodes", "us a node", pictures.text_of_a_node, "us", 20),
    Figure("G1 layout of a chain of 10^4 nodes", "us a node", pictures.layout_of_a_node, "us", 30),
    Figure("G1 and of 10^3 to 3·10^4", "exponent of the time", pictures.text_slope, "", 1.1),
    Figure("D2 SVG of 50 layers, both lanes", "ms, with the start of the child", pictures.picture_of_layers, "ms", 1000),
    Race("D3 recording with lines of code", pictures.lines, {}),
    Race("D4 20 steps of six layers, one of them watched", pictures.watched, {pictures.UNWATCHED: 1.05}),
    Figure("I1 import autograd", "beyond import numpy", processes.import_time, "ms", 20),
    Figure("M1 peak memory of T2's training", "beyond what it must hold", processes.peak_of_training, "MB", 10),
]

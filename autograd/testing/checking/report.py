"""What `gradcheck` found, and how it is written down: a line where all is well, a table where it is not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Blame", "Check", "Failure", "GradcheckError", "Kink", "Report"]

_SHOWN = 10  # rows of a table


class GradcheckError(RuntimeError):
    """A gradient is wrong, or cannot be checked. ``report`` is the `Report`."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


@dataclass(frozen=True)
class Failure:
    """One number of the backward pass that is not what it should be."""

    what: str  # such as "d output[3] / d input 0 [2, 1]"
    expected: float
    got: float
    # Which of the engine's ways gave it: "raw", "recorded" (create_graph=True), "forward" (two backward walks); "backward" is one by hand.
    walk: str
    rank: int = 0  # 0: a partial derivative; 1 more where outputs are weighed, 2 more along a random direction
    between: tuple[float, float] | None = None  # where the slope jumps, all that would have been right

    @property
    def error(self) -> float:
        """Relative to what was expected."""
        away = abs(self.got - self.expected)
        return away / abs(self.expected) if self.expected else float("inf") if away else 0.0


@dataclass(frozen=True)
class Kink:
    """An input at which the slope from the left is another one than from the right."""

    what: str
    left: float
    right: float
    got: float
    rank: int = 0  # as of a Failure
    who: str = "the engine"

    def __str__(self) -> str:
        here = "not differentiable here" + ": the function jumps, or stands upright" * any(math.isinf(s) for s in (self.left, self.right))
        slopes = f"left slope {self.left:.6g}, right slope {self.right:.6g}, {self.who} uses {self.got:.6g}"
        return f"{self.what}: {here}: {slopes}"


@dataclass(frozen=True)
class Blame:
    """The operation whose rule is wrong by itself."""

    op: str
    detail: str
    place: str | None

    def __str__(self) -> str:
        where = self.place or "on a line that was not recorded"
        return f"most likely at fault: {self.op}, {self.detail}\n  {where}"


@dataclass
class Check:
    """What was found at one order of derivative."""

    order: int
    inputs: int  # how many numbers went in
    outputs: int
    method: str
    each: bool  # was each partial derivative checked, or only directions?
    failures: list[Failure] = field(default_factory=list)
    kinks: list[Kink] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    blame: Blame | None = None

    def __bool__(self) -> bool:
        return not self.failures

    def lines(self) -> list[str]:
        """This check as lines of text."""
        scope = f"{_count(self.inputs, 'input')} x {_count(self.outputs, 'output')}"
        how = "each partial derivative" if self.each else "random directions only, for there are more than 256 inputs"
        lines = [f"order {self.order}: {scope}, {how}, by {self.method}"]
        if self.failures:
            digits = 15 if self.method == "complex step" else 10
            rows = [("", "expected", "got", "relative error", "")]
            shown: dict[tuple[str, str, str, str], list[str]] = {}  # what both walks say alike is said once
            for f in self.failures:
                expected = " to ".join(f"{x:.{digits}g}" for x in f.between or (f.expected,))
                shown.setdefault((f.what, expected, f"{f.got:.{digits}g}", f"{f.error:.1e}"), []).append(f.walk)
            rows += [(*texts, ", ".join(walks)) for texts, walks in list(shown.items())[:_SHOWN]]
            widths = [max(len(row[i]) for row in rows) for i in range(5)]
            lines[0] = f"{lines[0]}: {_count(len(shown), 'number')} wrong"
            lines += ["  " + "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
            if len(shown) > _SHOWN:
                lines.append(f"  ... and {len(shown) - _SHOWN} more")
        lines += [str(kink) for kink in self.kinks[:_SHOWN]]
        if len(self.kinks) > _SHOWN:
            lines.append(f"  ... and {len(self.kinks) - _SHOWN} more such inputs")
        lines += self.notes
        if self.blame is not None:
            lines += str(self.blame).split("\n")
        return lines


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


@dataclass
class Report:
    """True where every gradient is right. ``str()`` says how that was found out, or what is wrong and where.

    ``checks`` has a `Check` for each order; ``problem`` says why nothing could be checked, and is None else.
    """

    name: str
    checks: list[Check] = field(default_factory=list)
    problem: str | None = None

    def __bool__(self) -> bool:
        return self.problem is None and all(self.checks)

    @property
    def method(self) -> str:
        """How the derivatives were found that the engine's are held against."""
        return self.checks[0].method if self.checks else "nothing"

    @property
    def kinks(self) -> list[Kink]:
        """The inputs where the function has no derivative; the engine's choice lies between the slopes."""
        return [kink for check in self.checks for kink in check.kinks]

    @property
    def failures(self) -> list[Failure]:
        """The numbers that are wrong."""
        return [failure for check in self.checks for failure in check.failures]

    def __str__(self) -> str:
        if self.problem is not None:
            return f"gradcheck of {self.name}: {self.problem}"
        verdict = "right" if self else "WRONG"
        return "\n".join([f"gradcheck of {self.name}: {verdict}", *(line for check in self.checks for line in check.lines())])

    __repr__ = __str__


def name_of(fn: Any) -> str:
    """What a function is called."""
    return getattr(fn, "__qualname__", None) or getattr(fn, "__name__", None) or type(fn).__name__

"""Who else has our names. Another distribution is imported as `autograd`: installed beside us, it has overwritten files of ours, or we
of it, and what fails then is far from the cause. Whoever meets such a failure, or wants to know, asks here, and nobody else: it is slow.

It imports nothing of ours, so that it also runs as a file of its own where `autograd` is somebody else's.
"""

from __future__ import annotations

from importlib.metadata import distribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path

__all__ = ["clash"]

OURS = "chainrule"


def clash() -> str:
    """What is wrong with the names `autograd` and `nn`, and what to do about it, in a sentence; "" where nothing is.

    >>> clash()
    ''
    """
    home = Path(__file__).parent.parent
    for name in ("autograd", "nn"):
        spec = find_spec(name)
        first = home / name / "__init__.py"
        found = Path(spec.origin) if spec and spec.origin else None
        others = sorted(set(packages_distributions().get(name, ())) - {OURS})
        if found and found != first:
            owners = [other for other in others if Path(str(distribution(other).locate_file(f"{name}/__init__.py"))) == found]
            cure = f"pip uninstall {' '.join(owners)}" if owners else "rename that, or start Python elsewhere"
            return f"`import {name}` finds {found} before {first}, which is {OURS}'s: {cure}"
        if others:
            cure = f"pip uninstall {' '.join([*others, OURS])}, then install the one you want again"
            return f"{' and '.join([*others, OURS])} are both installed, and overwrite files of each other in {first.parent}: {cure}"
        if not first.exists():
            cure = f"pip uninstall {OURS}, then install it again"
            return f"{first} is gone, as it is after another package called {name} was uninstalled: {cure}"
    return ""

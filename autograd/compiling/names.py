"""Names for what generated code refers to: each thing has one, and no two things have the same."""

from __future__ import annotations

import keyword
import re
from functools import lru_cache
from typing import Any

__all__ = ["Names"]


@lru_cache(maxsize=1024)
def _readable(wanted: str) -> str:
    base = re.sub(r"\W+", "_", wanted).strip("_") or "v"
    if base.isidentifier() and not keyword.iskeyword(base):
        return base
    return f"v{base}" if f"v{base}".isidentifier() else "v"


class Names:
    """A namespace in which things are put under readable names."""

    def __init__(self, **given: Any) -> None:
        self.namespace: dict[str, Any] = dict(given)
        self.taken = {*given}
        self._known = {id(thing): name for name, thing in given.items()}
        self._last: dict[str, int] = {}

    def name(self, wanted: str) -> str:
        """A name that is not taken."""
        base = _readable(wanted)
        text, k = base, self._last.get(base, 1)
        while text in self.taken:
            k += 1
            text = f"{base}_{k}"
        self._last[base] = k
        self.taken.add(text)
        return text

    def put(self, wanted: str, thing: Any) -> str:
        """The name of something that is there for good."""
        if (name := self._known.get(id(thing))) is None:
            name = self._known[id(thing)] = self.name(wanted)
            self.namespace[name] = thing
        return name

"""The switches of libraries that compute on other devices. None is here: they say so, and take what programs set."""

from __future__ import annotations

__all__ = ["cuda", "cudnn", "mps"]


class Backend:
    """A library that is not here. Its switches may be set, and change nothing: every computation is deterministic.

    >>> mps.is_available(), mps.is_built()
    (False, False)
    >>> cudnn.deterministic = True
    """

    deterministic = True
    benchmark = False
    enabled = False

    def is_available(self) -> bool:
        """False."""
        return False

    def is_built(self) -> bool:
        """False."""
        return False


cuda, cudnn, mps = Backend(), Backend(), Backend()

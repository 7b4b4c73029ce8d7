"""How the tests beside look for an example."""

from typing import Any

from hypothesis import Phase, find, settings
from hypothesis import strategies as st


def some(strategy: st.SearchStrategy[Any], condition: Any, max_examples: int = 1000) -> Any:
    """An example that meets the condition, as it comes."""
    return find(strategy, condition, settings=settings(max_examples=max_examples, phases=[Phase.generate], database=None))

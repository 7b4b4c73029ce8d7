"""Names in generated code: one for each thing, readable, valid, and never the same for two."""

from __future__ import annotations

import keyword

from hypothesis import given
from hypothesis import strategies as st

from autograd.compiling.names import Names


@given(st.lists(st.text(max_size=6)))
def test_each_thing_has_a_name_of_its_own_that_python_takes(wanted: list[str]) -> None:
    names, things = Names(np=None), [object() for _ in wanted]
    found = [names.put(text, thing) for text, thing in zip(wanted, things)]
    assert len({*found, "np"}) == len(found) + 1
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in found)
    assert [names.put("other", thing) for thing in things] == found
    assert [names.namespace[name] for name in found] == things


def test_a_readable_name_stays_as_it_is() -> None:
    names = Names()
    assert [names.name(text) for text in ("w", "w", "net.0.weight", "2x", "for")] == ["w", "w_2", "net_0_weight", "v2x", "vfor"]

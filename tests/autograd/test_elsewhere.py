"""Names that are looked for and not found: what there is instead is said, and is true."""

import re
from typing import Any

import pytest

import autograd as ag
from autograd import Tensor, Value
from autograd.elsewhere import INSTEAD, missing

OWNERS: dict[str, Any] = {"module 'autograd'": ag, "Tensor": ag.ones(2), "Value": Value(1.0)}


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in INSTEAD.items() for name in names])
def test_a_name_in_the_table_is_refused_in_its_words(owner: str, name: str) -> None:
    thing = OWNERS[owner]
    with pytest.raises(AttributeError) as error:
        getattr(thing, name)
    assert str(error.value) == f"{owner} has no attribute {name!r}; {INSTEAD[owner][name]}"
    assert not hasattr(thing, name) and getattr(thing, name, 7) == 7


@pytest.mark.parametrize(("owner", "told"), [(owner, text) for owner, names in INSTEAD.items() for text in dict.fromkeys(names.values())])
def test_what_there_is_instead_is_there(owner: str, told: str) -> None:
    for name in re.findall(r"(?<![\w.])\.(\w+)", told):
        assert hasattr(Tensor if owner == "Tensor" else ag.ones(1) if owner != "Value" else Value(1.0), name) or name == "vjps", told
    for name in re.findall(r"autograd\.(\w+)", told):
        assert hasattr(ag, name), told


def test_a_subclass_and_its_class_say_it_too() -> None:
    for thing in (ag.ValueTensor([1.0]), Tensor):
        with pytest.raises(AttributeError, match=r"Tensor has no attribute 'astype'; a dtype is changed by \.to"):
            thing.astype  # noqa: B018


def test_an_unknown_name_is_an_attribute_error_as_ever() -> None:
    assert str(missing("Tensor", "nonsense")) == "Tensor has no attribute 'nonsense'"
    for thing in OWNERS.values():
        with pytest.raises(AttributeError, match="nonsense"):
            thing.nonsense  # noqa: B018


def test_the_directory_shows_what_is_there() -> None:
    assert dir(ag) == ag.__all__ and not [name for name in dir(ag) if name.startswith("_") or not hasattr(ag, name)]
    for thing in (ag.ones(2), Value(1.0)):
        assert not {*INSTEAD[type(thing).__name__]} & {*dir(thing)}

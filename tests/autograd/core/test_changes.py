"""The pasts of changed tensors: which one an operation means, and that nobody asks while there are none."""

import gc

import autograd as ag
from autograd import ancestors, tensor
from autograd.core.changes import CHANGED, settle


def test_an_operation_means_what_its_argument_was_when_it_was_recorded() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    used = []
    for k in range(3):
        used.append(y + 10 * k)
        y += 1
    settle(used)
    meant = [n.args[0] for n in used]
    assert [n.tolist() for n in meant] == [[2.0, 4.0], [3.0, 5.0], [4.0, 6.0]]
    assert id(y) not in [id(n) for n in meant] and len({id(n) for n in meant}) == 3
    assert [id(n) for n in ancestors(y) if n.requires_grad] == [id(x), *map(id, meant), id(y)]
    before = [n.x for n in used]
    settle(used)
    assert all(a is n.x for a, n in zip(before, used))  # once is enough


def test_pasts_die_with_their_tensor() -> None:
    gc.collect()
    alive = len(CHANGED)
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y[0] = 1.0
    assert len(CHANGED) == alive + 1
    with ag.no_grad():
        y[0] = 1.0
        ag.zeros(2)[0] = 1.0
    del y
    assert len(CHANGED) == alive

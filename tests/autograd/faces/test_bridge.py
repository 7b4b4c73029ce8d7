"""Between the layers: numbers into tensors and back, with their gradients."""

import numpy as np
import pytest

import autograd as ag
from autograd import Value, tensor


@pytest.mark.no_cover
def test_many_values_into_a_tensor_and_many_tensors_into_one_are_linear() -> None:
    values = [Value(1.0) for _ in range(50_000)]
    (tensor(values) * 2).sum().backward()
    assert all(v.grad == 2 for v in values)
    parts = [ag.ones(1, requires_grad=True) for _ in range(20_000)]
    (ag.cat(parts).sum() + ag.stack(parts).sum()).backward()
    assert all(p.grad.tolist() == [2] for p in parts)


def test_the_layers_join_in_one_graph() -> None:
    a, b, c = Value(2.0), Value(3.0), Value(0.5)
    t = ag.tensor([[a, b], [c, 4.0]])
    assert t.requires_grad and t.dtype == ag.float32
    out = (t @ t).sum() * a
    out.backward()
    m = np.array([[2.0, 3.0], [0.5, 4.0]])
    ones = np.ones((2, 2))
    d = (ones @ m.T + m.T @ ones) * 2
    assert a.grad == pytest.approx(d[0, 0] + (m @ m).sum()) and b.grad == pytest.approx(d[0, 1]) and c.grad == pytest.approx(d[1, 0])

    w = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    v = w.values()
    assert v.shape == (2, 2) and type(v[0, 0]) is Value
    (v[0, 0] * v[1, 1] + v[0, 1] ** 2).backward()
    assert w.grad.tolist() == [[4.0, 4.0], [0.0, 1.0]]

    x = ag.tensor([1.0, 2.0], requires_grad=True)
    for z in (x * a, a * x, x + a, a - x, x / a, a**x):
        assert type(z) is ag.Tensor and z.dtype == ag.float32
    a.grad = None
    (x * a).sum().backward()
    assert a.grad == 3.0 and x.grad.tolist() == [2.0, 2.0]


def test_second_derivatives_flow_across_the_layers() -> None:
    a = Value(2.0)
    t = ag.tensor([a, 3.0], dtype=ag.float64)
    y = (t**3).sum() * a
    (g,) = ag.grad(y, a, create_graph=True)  # 4 a^3 + 27
    (h,) = ag.grad(g, a)
    assert g.data == pytest.approx(4 * 8 + 27) and h.data == pytest.approx(12 * 4)
    w = ag.tensor([2.0, 3.0], dtype=ag.float64, requires_grad=True)
    p, q = w.values()
    (gw,) = ag.grad(p**2 * q, w, create_graph=True)
    np.testing.assert_allclose(gw.detach().numpy(), [12.0, 4.0])
    np.testing.assert_allclose(ag.grad(gw.sum(), w)[0].numpy(), [2 * 3 + 2 * 2, 2 * 2.0])

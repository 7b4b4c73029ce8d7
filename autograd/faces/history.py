"""``x.grad_fn``: the operation that made a tensor, as PyTorch's programs walk through a graph by it, with `next_functions`.

It is a view of a node. Readers of this library ask the node itself (``op``, ``args``, `ancestors`), which knows more.
"""

from __future__ import annotations

from autograd.core.node import Node, leaf

__all__ = ["GradFn"]


class GradFn:
    """The operation that made ``node``; of a leaf, what accumulates its gradient. Two of one node are equal.

    >>> from autograd import tensor
    >>> x = tensor(2.0, requires_grad=True)
    >>> y = (x * x).exp() + 1
    >>> y.grad_fn.name(), y.grad_fn.next_functions
    ('AddBackward0', ((<exp>, 0), (None, 0)))
    >>> product = y.grad_fn.next_functions[0][0].next_functions[0][0]
    >>> product.next_functions[0][0].name(), product.next_functions[0][0].variable is x
    ('AccumulateGrad', True)
    """

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        node.settle()
        self.node = node

    def name(self) -> str:
        """PyTorch's name, as far as it follows from that of the operation: ``MulBackward0``; ``AccumulateGrad`` of a leaf."""
        op = self.node.op
        assert op is not None
        if op is leaf:
            return "AccumulateGrad"
        if not op.tabled:  # the name of a class, or of a user's row
            return f"{op.name}Backward"
        word = op.public if op.public.isidentifier() else op.name if op.name.isidentifier() else "index"  # for []
        return f"{''.join(part.capitalize() for part in word.split('_'))}Backward0"

    @property
    def next_functions(self) -> tuple[tuple[GradFn | None, int], ...]:
        """The operations that a gradient flows on to, one pair with 0 an argument; None stands for what requires no gradient."""
        n = self.node
        if n.op is None or n.is_leaf:
            return ()
        given = [a for a, rule in zip(n.args, n.op.rules) if rule is not None]
        return tuple((GradFn(a) if isinstance(a, Node) and a.op is not None else None, 0) for a in given)

    @property
    def variable(self) -> Node:
        """The leaf whose gradient is accumulated. Raises AttributeError for an operation."""
        if not self.node.is_leaf:
            raise AttributeError(f"variable is the leaf of an AccumulateGrad; {self!r} is an operation")
        return self.node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and other.node is self.node

    def __hash__(self) -> int:
        return id(self.node)

    def __repr__(self) -> str:
        return repr(self.node.op)

"""`Embedding`: a learned row of numbers for each of many names, looked up by the number of the name."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd import Tensor
from autograd.errors import described, flag_of, int_of
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["Embedding"]


class Embedding(Module):
    """Row numbers (...) become rows (..., embedding_dim) of a weight (num_embeddings, embedding_dim), which starts normal.

    The row ``padding_idx`` (below 0: from the end) starts as 0 and is never learned. Raises TypeError for an input that is not of
    integers, IndexError for a row that is not there, ValueError for a size below 1 and a ``device`` other
    than the CPU.

    >>> letters = Embedding(27, 2)
    >>> letters(ag.tensor([[0, 5, 13]])).shape
    (1, 3, 2)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
        generator: ag.Generator | None = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = int_of(num_embeddings, "Embedding: num_embeddings", 1)
        self.embedding_dim = int_of(embedding_dim, "Embedding: embedding_dim", 1)
        self.padding_idx = None if padding_idx is None else F.padding_of(padding_idx, self.num_embeddings)
        self.weight = Parameter(ag.empty(self.num_embeddings, self.embedding_dim, dtype=dtype, device=device))
        self.reset_parameters(generator)

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None) -> Embedding:
        """With the weight given (rows, columns), on its memory; not learned while ``freeze``.

        >>> Embedding.from_pretrained(ag.tensor([[1., 2.], [3., 4.]]))(ag.tensor(1))
        tensor([3., 4.])
        """
        if not isinstance(embeddings, Tensor) or embeddings.ndim != 2 or embeddings.dtype.kind != "f":
            raise TypeError(f"Embedding.from_pretrained takes a floating tensor (rows, columns), got {described(embeddings)}")
        rows, columns = embeddings.shape
        made = cls(rows, columns, padding_idx)
        made.weight = Parameter(embeddings.detach(), requires_grad=not flag_of(freeze, "freeze"))
        return made

    def reset_parameters(self, generator: ag.Generator | None = None) -> None:
        """Start again from new random numbers."""
        init.normal_(self.weight, generator=generator)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0.0

    def forward(self, x: Tensor) -> Tensor:
        return F.embedding(x, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"

"""A scalar autograd engine with a tiny tensor layer. Ordinary arithmetic leaves a graph behind; `backward` walks it."""

from autograd import functional as functional
from autograd.creation import *  # noqa: F403
from autograd.graph import Node as Node
from autograd.graph import Op as Op
from autograd.graph import ancestors as ancestors
from autograd.graph import each as each
from autograd.graph import grad as grad
from autograd.mode import enable_grad as enable_grad
from autograd.mode import is_grad_enabled as is_grad_enabled
from autograd.mode import no_grad as no_grad
from autograd.mode import set_grad_enabled as set_grad_enabled
from autograd.rules import *
from autograd.shapes import *
from autograd.tensor import *
from autograd.value import Value as Value

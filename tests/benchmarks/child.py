"""The far end of a pipe: runs programs with HIPS autograd, whose import name is ours, in an environment where only that is installed.

`peers.Child` starts it as a script with the interpreter of that environment, so that `autograd` here is theirs. It reads pickled
questions and answers each: first the name of a program with its arguments (the answer is their version), then how often to run it
(the seconds that took), or 0 for what it returns.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import repeat
from typing import Any

import programs


def side(name: str, *arguments: Any) -> Callable[[], Any]:
    import autograd.numpy as np

    from autograd import value_and_grad

    if name == "expression":
        both = value_and_grad(lambda a, b: programs.expression(a, b, lambda t: np.maximum(t, 0.0)), (0, 1))
        return lambda: both(*arguments)
    start, x, y, lr = arguments
    program, parameters = getattr(programs, name), [a.copy() for a in start]
    loss = value_and_grad(lambda p: program(np, p, x, y))

    def step() -> Any:
        l, gradients = loss(parameters)
        for p, g in zip(parameters, gradients):
            p -= lr * g
        return l, parameters

    return step


def main() -> None:
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what is printed stays out of the answers
    run = side(*pickle.load(questions))
    answer: Any = version("autograd")
    while True:
        pickle.dump(answer, answers)
        answers.flush()
        try:
            number = pickle.load(questions)
        except EOFError:
            return
        if number:
            start = time.perf_counter()
            for _ in repeat(None, number):
                run()
            answer = time.perf_counter() - start
        else:
            answer = run()


if __name__ == "__main__":
    main()

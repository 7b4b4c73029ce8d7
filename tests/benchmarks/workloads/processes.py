"""What shows in a fresh process only: the time of an import, and the most memory that a training ever held."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
PEAK = """
def peak():  # of this process since its program started, in bytes
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:  # no Linux
        import resource, sys
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
"""
DATA = """
import numpy as np
rng = np.random.default_rng(0)
x, labels = rng.standard_normal((256, 784)).astype(np.float32), rng.integers(0, 10, 256)
start = [(rng.standard_normal(s) * 0.05).astype(np.float32) for s in [(256, 784), (256,), (10, 256), (10,)]]
x @ start[0].T  # BLAS has its own buffers now
"""
TRAINING = """
from types import SimpleNamespace
import autograd, nn
from tests.benchmarks import programs
lib = SimpleNamespace(torch=autograd, nn=nn, optim=nn.optim, compiled=lambda step: step)
step = programs.training(lib, programs.large(lib), nn.CrossEntropyLoss(), start, x, labels, 0.1)
for _ in range(20):
    step()
"""


def _python(code: str, **environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment)
    return done.stdout


def peak_of_training(runs: int = 3) -> float:
    """M1: megabytes that T2's training holds at its peak, beyond numpy with the data, the parameters, their gradients and activations.

    The peak is what the system counts as resident, so that modules, caches and Python's own objects are in it.
    """
    parameters, activations = 784 * 256 + 256 + 256 * 10 + 10, 256 * (256 + 256 + 10)
    needed = 4 * (2 * parameters + activations)

    def peak(*codes: str) -> float:
        return statistics.median(int(_python("".join((PEAK, *codes, "print(peak())")))) for _ in range(runs))

    return (peak(DATA, TRAINING) - peak(DATA) - needed) / 1e6


def import_time(runs: int = 11) -> float:
    """I1: milliseconds that ``import autograd`` takes after ``import numpy``, in fresh interpreters, which time it themselves."""
    code = "import numpy, time; start = time.perf_counter(); import autograd; print(time.perf_counter() - start)"
    with tempfile.TemporaryDirectory() as cache:  # bytecode is kept, as after an installation, whatever the caller's settings
        once = {"PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
        _python(code, **once)
        return statistics.median(float(_python(code, **once)) for _ in range(runs)) * 1e3

"""Measures speed and memory: ``python -m tests.benchmarks [--quick] [T1 S3 ...]``, or ``... scaling [--out DIR]``.

Each row says how long we take compared with others, the ratio to reach, and whether it is met; names choose rows that begin so. A whole
run writes what it found into RESULTS.md beside this file. ``scaling`` measures how time and memory grow with the size of the work.
BLAS and those who are compared are held to one thread, before any of them is loaded.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"))
os.environ.update(JAX_PLATFORMS="cpu", NPROC="1")  # JAX counts its threads by the latter

import argparse
from pathlib import Path

from tests.benchmarks import report, scaling


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", help="beginnings of rows' names, such as T1; or scaling")
    parser.add_argument("--quick", action="store_true", help="a first impression in a quarter of the time; writes no RESULTS.md")
    parser.add_argument("--out", type=Path, default=Path("out"), help="where the pictures of scaling go (out)")
    given = parser.parse_args()
    if "scaling" in given.rows and len(given.rows) > 1:
        parser.error(f"scaling stands alone, without {' '.join(row for row in given.rows if row != 'scaling')}")
    try:
        if given.rows == ["scaling"]:
            scaling.main(given.out, given.quick)
        else:
            report.main(given.rows, given.quick)
    except KeyboardInterrupt:
        print("stopped; what stands above is measured, and nothing was written")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()

"""What `make check` runs, one path a line: what holds the house together, and the tests of the files that changed.

Those are the files that are not committed yet; where all is committed, those by which this branch differs from `main`."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALWAYS = ["tests/test_structure.py", "tests/rows"]


def mirrored(path: Path) -> Iterator[Path]:
    """Where the tests of a file would be: a test file tests itself, and the examples of the library are tests too.

    >>> [str(p) for p in mirrored(Path("autograd/core/walk.py"))]
    ['tests/autograd/core/test_walk.py', 'autograd/core/walk.py']
    >>> [str(p) for p in mirrored(Path("autograd/pages/player.html"))]
    ['tests/autograd/pages/test_player.py']
    >>> [str(p) for p in mirrored(Path("demos/site/seeing.md"))]
    ['tests/demos/site']
    >>> [str(p) for p in mirrored(Path("tests/nn/test_data.py"))]
    ['tests/nn/test_data.py']
    """
    if path.is_relative_to("demos/site"):
        yield Path("tests/demos/site")
    elif path.parts[0] != "tests":
        yield "tests" / path.parent / f"test_{path.stem.lower().strip('_')}.py"
    elif path.match("test_*.py"):
        yield path
    if path.parts[0] in ("autograd", "nn") and path.suffix == ".py":
        yield path


def git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True).stdout.splitlines()


def changed() -> list[str]:
    now = git("diff", "--name-only", "HEAD") + git("ls-files", "--others", "--exclude-standard")
    main = git("for-each-ref", "--format=%(refname)", "refs/heads/main", "refs/remotes/*/main")
    return now or [name for ref in main[:1] for name in git("diff", "--name-only", f"{ref}...HEAD")]


if __name__ == "__main__":
    tests = [str(test) for name in changed() for test in mirrored(Path(name))]
    print(*(path for path in dict.fromkeys(ALWAYS + tests) if (ROOT / path).exists()), sep="\n")

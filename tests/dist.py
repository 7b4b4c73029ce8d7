"""`make dist`: builds both archives, looks into them, installs the wheel into an environment of its own and tries it, far from here."""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
IN_WHEEL = {"autograd": "autograd", "nn": "nn", "demos": "chainrule_demos"}  # and nothing else but its metadata
ONLY_HERE = {"demos/README.md", "demos/neuron.svg", "demos/neuron-dark.svg"}  # and demos/site
NOT_IN_SDIST = {".github/workflows/ci.yml"}


def expected() -> tuple[set[str], set[str]]:
    """What belongs into the wheel, and into the sdist: what git has, so that no cache and no forgotten file slips in."""
    files = set(subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines())
    packed = {name for name in files - ONLY_HERE if not name.startswith("demos/site/")}
    wheel = {IN_WHEEL[name.split("/")[0]] + name[name.index("/") :] for name in packed if name.split("/")[0] in IN_WHEEL}
    return wheel, files - NOT_IN_SDIST


def compare(what: str, found: set[str], wanted: set[str]) -> None:
    if found != wanted:
        sys.exit(f"the {what} lacks {sorted(wanted - found)} and has besides {sorted(found - wanted)}; is all committed?")


def main() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "build", "--outdir", DIST, ROOT], check=True, stdout=subprocess.DEVNULL)
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    in_wheel, in_sdist = expected()
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    compare("wheel", names, in_wheel)
    with tarfile.open(sdist) as archive:
        compare("sdist", {name.partition("/")[2] for name in archive.getnames()}, in_sdist | {"PKG-INFO"})
    with tempfile.TemporaryDirectory() as away:
        venv.create(Path(away, "venv"), with_pip=True)
        python = Path(away, "venv", "Scripts" if sys.platform == "win32" else "bin", "python")
        quiet = ["-qq", "--disable-pip-version-check", "--no-input"]
        subprocess.run([python, "-I", "-m", "pip", "install", *quiet, f"{wheel}[draw]"], check=True)
        smoke = (ROOT / "tests" / "smoke.py").read_bytes()  # by its text: the folder of the file would be looked into for modules
        subprocess.run([python, "-I", "-"], input=smoke, check=True, cwd=away)
    print(*(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB" for path in (sdist, wheel)), sep="\n")


if __name__ == "__main__":
    main()

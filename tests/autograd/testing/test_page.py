"""The page on testing, run as a reader would paste it: what is printed, and what fails, is what the page shows."""

import code
import contextlib
import io
import re
from pathlib import Path

import pytest

import autograd.testing

PAGE = (Path(autograd.testing.__file__).parent / "README.md").read_text()
BLOCKS = re.findall(r"```(python|text)\n(.*?)```", PAGE, re.S)


def plain(text: str) -> list[str]:
    """The words of an output, without what differs from one version of hypothesis to another."""
    text = text.replace("Falsifying example", "Failing test case").replace("autograd.testing.checking.report.", "")
    text = re.sub(r"#.*", "", text)
    text = re.sub(r"\d\.\d{9,}", lambda number: f"{float(number[0]):.9f}", text)  # differences are not right to the last digit
    return re.findall(r"\w[\w.\-]*|\S", text)


@pytest.mark.long
def test_every_example_prints_what_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.displayhook", lambda value: None)  # only what is printed counts
    monkeypatch.setattr(autograd.tanh, "vjps", autograd.tanh.vjps)  # the page plants a wrong rule: it is taken out whatever happens
    console = code.InteractiveConsole({"__name__": "page"}, filename="test_softsign.py")
    printed = io.StringIO()
    for language, block in [*BLOCKS, ("text", "")]:
        if language == "text":
            shown = printed.getvalue()
            error = re.search(r"^\S*GradcheckError: ", shown, re.M)
            assert plain(shown[error.start() if error else 0 :]) == plain(block)
            printed = io.StringIO()
            continue
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            for line in [*block.splitlines(), ""]:
                console.push(line)

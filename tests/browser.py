"""A headless Chromium for tests of pages, driven by the DevTools protocol over two pipes: no further package is needed.

What a reader does with a page (keys, mouse, fingers, a small screen, a dark theme) is done here through the browser's own input,
so that a test sees what the reader would see.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Browser", "find"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--hide-scrollbars", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--force-device-scale-factor=1",
)  # fmt: skip
CODES = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, " ": 32, "Enter": 13, "Tab": 9}


def find() -> str | None:
    """The browser on this machine: ``CHROMIUM`` in the environment, else what is on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page in a browser of its own, which ends with the ``with`` block.

    ``errors`` are the exceptions of the page and what its console shows of errors and warnings, ``requests`` the addresses that it asked for, other
    than its own data; `open` empties both.
    """

    def __init__(self, program: str, patience: float = 120) -> None:
        self.patience = patience  # seconds that any answer may take
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._events: list[str] = []
        self._profile = tempfile.mkdtemp()
        self._received = b""
        self._calls = 0
        self._session: str | None = None
        flags = [*FLAGS, f"--user-data-dir={self._profile}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        # The protocol wants descriptors 3 and 4; whatever the browser itself prints goes nowhere.
        self._process = subprocess.Popen(
            ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1', "sh", program, *flags, "about:blank"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True,
        )  # fmt: skip
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)  # the session that was started for it, with all its processes
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    # The protocol.
    def call(self, method: str, **params: Any) -> Any:
        """The answer to one command."""
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        assert self._process.stdin is not None
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._process.stdin.fileno(), data) :]
        deadline = time.monotonic() + self.patience
        while True:
            answer = self._next(deadline, method)
            if answer.get("id") == self._calls:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _next(self, deadline: float, what: str) -> Any:
        assert self._process.stdout is not None
        while b"\0" not in self._received:
            if not select.select([self._process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"the browser did not answer {what} within {self.patience:g} s")
            more = os.read(self._process.stdout.fileno(), 1 << 20)
            if not more:
                raise RuntimeError(f"the browser ended during {what}")
            self._received += more
        first, _, self._received = self._received.partition(b"\0")
        message = json.loads(first)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, event: str, params: Any) -> None:
        if event == "Network.requestWillBeSent":
            if not (url := params["request"]["url"]).startswith("data:"):
                self.requests.append(url)
        elif event == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif event == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif event == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])
        elif event == "Page.javascriptDialogOpening":
            self.errors.append(f"dialog: {params['message']}")
        if event:
            self._events.append(event)

    # The page.
    def open(self, page: Path, hash: str = "") -> None:
        """Load a file and wait until it is there."""
        for url in ("about:blank", page.as_uri() + hash):  # by way of nothing, as the same address would only be scrolled in
            self.errors, self.requests, self._events = [], [], []
            self.call("Page.navigate", url=url)
            deadline = time.monotonic() + self.patience
            while "Page.loadEventFired" not in self._events:
                self._next(deadline, f"to open {page.name}")

    def evaluate(self, script: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait until the expression is true."""
        deadline = time.monotonic() + self.patience
        while not self.evaluate(script):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not true within {self.patience:g} s: {script}")
            time.sleep(0.02)

    def screenshot(self, path: Path) -> None:
        """What can be seen, as a PNG file."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    # The reader and their screen.
    def size(self, width: int, height: int, mobile: bool = False) -> None:
        """The window in pixels; ``mobile``: with a finger."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.call("Emulation.setTouchEmulationEnabled", enabled=mobile)

    def prefer(self, dark: bool = False, still: bool = False) -> None:
        """What the reader's system asks for: a dark theme, no movement."""
        features = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce" if still else "no-preference"}
        self.call("Emulation.setEmulatedMedia", features=[{"name": k, "value": v} for k, v in features.items()])

    def press(self, key: str, modifiers: int = 0) -> None:
        """A key, by its name in KeyboardEvent.key."""
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        event: dict[str, Any] = {"key": key, "windowsVirtualKeyCode": CODES.get(key, ord(key[0])), "modifiers": modifiers}
        if text and not modifiers:
            event["text"] = text
        self.call("Input.dispatchKeyEvent", type="keyDown" if "text" in event else "rawKeyDown", **event)
        event.pop("text", None)
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def move(self, x: float, y: float) -> None:
        """The mouse rests at a place."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, x: float, y: float) -> None:
        """A click of the left button."""
        self.drag((x, y))

    def drag(self, *places: tuple[float, float]) -> None:
        """The left button goes down at the first place and up at the last."""
        self.move(*places[0])
        held = {"button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=places[0][0], y=places[0][1], **held)
        for x, y in places[1:]:
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, button="left", buttons=1)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=places[-1][0], y=places[-1][1], **held)

    def wheel(self, x: float, y: float, down: float) -> None:
        """The wheel turns by so many pixels."""
        self.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=down)

    def touch(self, *moments: Sequence[tuple[float, float]]) -> None:
        """Fingers go down at the first places, follow the further ones, and are lifted."""
        for i, fingers in enumerate(moments):
            points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(fingers)]
            self.call("Input.dispatchTouchEvent", type="touchMove" if i else "touchStart", touchPoints=points)
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

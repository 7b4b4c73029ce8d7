"""A page that is served to this machine alone, while a program runs: two addresses, the page and what it asks for anew.

Whatever runs in a browser can ask this machine for something, so that it is not enough to listen to nobody else: who asks must name this
very address, which a page of another name does not even where that name was made to lead here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

__all__ = ["Server"]


class Server:
    """Serves what ``page`` returns, and at ``/data`` what ``data`` returns, until it is closed.

    Raises OSError where ``port`` is taken.
    """

    def __init__(self, page: Callable[[], str], data: Callable[[], Any], port: int = 0) -> None:
        own = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                here = {f"{name}:{own.port}" for name in ("127.0.0.1", "localhost")}
                origin = self.headers.get("Origin")
                if self.headers.get("Host") not in here or (origin is not None and origin.removeprefix("http://") not in here):
                    self._answer(403, "text/plain", "This page is for the machine that it is on.")
                elif self.path == "/":
                    self._answer(200, "text/html", page())
                elif self.path == "/data":
                    self._answer(200, "application/json", json.dumps(data()))
                else:
                    self._answer(404, "text/plain", "There is / and /data.")

            def _answer(self, status: int, kind: str, text: str) -> None:
                content = text.encode()
                self.send_response(status)
                for name, value in (
                    ("Content-Type", f"{kind}; charset=utf-8"),
                    ("Content-Length", str(len(content))),
                    ("Cache-Control", "no-store"),
                    ("X-Content-Type-Options", "nosniff"),
                    ("X-Frame-Options", "SAMEORIGIN"),
                    ("Cross-Origin-Resource-Policy", "same-origin"),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the program has a terminal of its own."""

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A browser that leaves before it was answered is nobody's mistake; the rest is told as ever."""
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(request, client_address)

        self._server = Quiet(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}/"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No more is answered."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

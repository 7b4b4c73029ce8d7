"""A page is served to this machine under its own address, and to nobody who came by another one."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from autograd.pages.serving import Server


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server(lambda: "<p>ü</p>", lambda: {"a": 1})
    yield served
    served.close()


def ask(server: Server, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, headers={"Host": f"127.0.0.1:{server.port}", **headers})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.getheader("Content-Type") or "", text


def test_it_has_two_addresses(server: Server) -> None:
    assert ask(server) == (200, "text/html; charset=utf-8", "<p>ü</p>")
    status, kind, text = ask(server, "/data", Host=f"localhost:{server.port}", Origin=f"http://localhost:{server.port}")
    assert status == 200 and kind.startswith("application/json") and json.loads(text) == {"a": 1}
    assert ask(server, "/etc/passwd")[0] == 404 and ask(server, "/../data")[0] == 404 and ask(server, method="POST")[0] == 501


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", ""])
def test_who_names_another_host_is_refused(server: Server, host: str) -> None:
    status, _, text = ask(server, "/data", Host=host)
    assert status == 403 and "a" not in json.loads(json.dumps(text)).split(": ")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_is_refused(server: Server, origin: str) -> None:
    assert ask(server, "/data", Origin=origin)[0] == 403


def test_it_listens_to_this_machine_alone(server: Server) -> None:
    assert server._server.server_address[0] == "127.0.0.1" and server.address == f"http://127.0.0.1:{server.port}/"


def test_it_ends_and_a_port_that_is_taken_is_an_error() -> None:
    server = Server(str, dict)
    with pytest.raises(OSError):
        Server(str, dict, server.port)
    server.close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=2)

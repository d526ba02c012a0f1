"""What some servers can do for a response besides: hints before it, trailers, whole files."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h2.config
import h2.connection
import h2.events
import httpx
import pytest

if TYPE_CHECKING:
    from tests.conftest import Server

APPLICATION = '''
from falconws.core import App


class Sums:
    async def on_get(self, req, resp):
        hinted = await resp.send_early_hints("</style.css>; rel=preload; as=style")
        resp.set_header("X-Hinted", str(hinted))
        resp.set_trailer("X-Length", "")

        async def body():
            yield b"abc"
            resp.set_trailer("X-Length", "3")

        resp.stream = body()


class Sent:
    """Notes the events by which a response is sent."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def note(event):
            print(event["type"], flush=True)
            await send(event)

        await self.app(scope, receive, note)


app = App(extensions=())
app.add_route("/", Sums())
app.add_static_route("/files", "files")
app = Sent(app)
'''

LARGE = os.urandom(1024 * 1024)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APPLICATION)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "large.bin").write_bytes(LARGE)
    return tmp_path


def request_by_http2(port: int) -> Iterator[Any]:
    """Send a GET by HTTP/2 in the clear, and give what comes until the stream ends."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration())
    connection.initiate_connection()
    headers = [
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", f"127.0.0.1:{port}"),
        (":path", "/"),
        ("te", "trailers"),
    ]
    connection.send_headers(1, headers, end_stream=True)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        while True:
            sock.sendall(connection.data_to_send())
            for event in connection.receive_data(sock.recv(65536)):
                yield event
                if isinstance(event, h2.events.StreamEnded):
                    return


def test_hints_and_trailers_come_by_http2(
    run_server: Callable[..., Server], folder: Path
) -> None:
    command = [sys.executable, "-m", "hypercorn", "main:app", "--bind", "127.0.0.1:0"]
    server = run_server(command, folder, "Running on")
    events = {type(event).__name__: event for event in request_by_http2(server.port)}
    hint = dict(events["InformationalResponseReceived"].headers)
    assert hint[b":status"] == b"103"
    assert hint[b"link"] == b"</style.css>; rel=preload; as=style"
    assert dict(events["ResponseReceived"].headers)[b"x-hinted"] == b"True"
    assert events["DataReceived"].data == b"abc"
    assert dict(events["TrailersReceived"].headers) == {b"x-length": b"3"}


def test_neither_comes_where_the_server_has_none(
    serve: Callable[..., Server], folder: Path
) -> None:
    server = serve("main:app", folder)
    response = httpx.get(server.url, headers={"TE": "trailers"})
    assert (response.headers["x-hinted"], response.text) == ("False", "abc")


def test_a_server_that_can_sends_a_whole_file_by_itself(
    run_server: Callable[..., Server], folder: Path, free_port: int
) -> None:
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "main:app"]
    server = run_server([*command, "--port", str(free_port)], folder, "Listening at")
    url = f"http://127.0.0.1:{free_port}/files/large.bin"
    with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as client:
        whole = client.get(url)
        part = client.get(url, headers={"Range": "bytes=1000-300000"})
    assert (whole.status_code, whole.content) == (200, LARGE)
    assert whole.headers["content-length"] == str(len(LARGE))
    assert (part.status_code, part.content) == (206, LARGE[1000:300001])
    sent = server.output.split("http.response.start")
    assert "http.response.pathsend" in sent[1]
    assert "http.response.body" not in sent[1]
    assert "http.response.pathsend" not in sent[2]

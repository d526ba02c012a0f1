"""An application behind a real server, for clients that need a socket."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from falconws.core import App, OperationNotAllowed, Request, Response
from falconws.testing import DEFAULT_TIMEOUT, TestClient
from falconws.testing.live import LiveServer

SHORT = 0.05
"""Seconds in which nothing has to happen: what is waited for does not come."""

ENOUGH = 30.0
"""Seconds that no test comes near to, however busy the machine is."""


class Pages:
    """What the application serves; ``name`` is set by the test."""

    name = "Ada"

    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = {"name": self.name, "client": req.remote_addr}

    async def on_get_endless(self, req: Request, resp: Response) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"first"
            await asyncio.Event().wait()

        resp.stream = pieces()

    async def on_websocket(self, req: Request, ws: Any) -> None:
        await ws.accept()
        async for message in ws:
            await ws.send_text(message.upper())


class Hooks:
    """A component that writes down what is called, or fails."""

    def __init__(self, startup: str = "", shutdown: str = "") -> None:
        self.calls: list[str] = []
        self._failures = {"startup": startup, "shutdown": shutdown}

    def _called(self, phase: str) -> None:
        self.calls.append(phase)
        if self._failures[phase]:
            raise ValueError(self._failures[phase])

    async def process_startup(self, scope: object, event: object) -> None:
        self._called("startup")

    async def process_shutdown(self, scope: object, event: object) -> None:
        self._called("shutdown")


def an_app(hooks: Hooks | None = None, **kwargs: Any) -> App:
    app = App(middleware=hooks, **kwargs)
    pages = Pages()
    app.add_route("/", pages)
    app.add_route("/endless", pages, suffix="endless")
    return app


def live_threads() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("LiveServer")]


# Serving.


def test_requests_are_served_on_the_address_that_it_gives() -> None:
    with LiveServer(an_app()) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert server.ws_url == f"ws://127.0.0.1:{server.port}"
        answer = httpx.get(server.url)
    assert answer.json() == {"name": "Ada", "client": "127.0.0.1"}


def test_websockets_are_served() -> None:
    with LiveServer(an_app()) as server, connect(f"{server.ws_url}/") as ws:
        ws.send("hello")
        assert ws.recv(timeout=ENOUGH) == "HELLO"


async def test_a_coroutine_starts_and_stops_it_without_blocking_its_own_loop() -> None:
    async with LiveServer(an_app()) as server:
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.get("/")).json()["name"] == "Ada"
        async with connect_async(f"{server.ws_url}/") as ws:
            await ws.send("hello")
            assert await ws.recv() == "HELLO"
    assert live_threads() == []


async def test_a_coroutine_that_is_cancelled_meanwhile_leaves_no_server_behind() -> (
    None
):
    began, release = asyncio.Event(), threading.Event()
    loop, hooks = asyncio.get_running_loop(), Hooks()

    class Slow:
        async def process_startup(self, scope: object, event: object) -> None:
            loop.call_soon_threadsafe(began.set)
            await asyncio.to_thread(release.wait, ENOUGH)

    server = LiveServer(App(middleware=[hooks, Slow()]), timeout=ENOUGH)
    starting = asyncio.ensure_future(server.__aenter__())
    await began.wait()
    starting.cancel()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert live_threads() == []
    assert hooks.calls == ["startup", "shutdown"]


def test_the_application_is_the_object_of_the_test() -> None:
    app, pages = App(), Pages()
    app.add_route("/", pages)
    with LiveServer(app) as server:
        pages.name = "Grace"
        assert httpx.get(server.url).json()["name"] == "Grace"


def test_a_header_does_not_change_who_the_client_is() -> None:
    with LiveServer(an_app()) as server:
        answer = httpx.get(server.url, headers={"X-Forwarded-For": "203.0.113.1"})
    assert answer.json()["client"] == "127.0.0.1"


def test_logging_is_left_as_it_is() -> None:
    with LiveServer(an_app()):
        loggers = [logging.getLogger(f"uvicorn{n}") for n in ("", ".error", ".access")]
        assert [log.handlers for log in loggers] == [[], [], []]
        assert [log.level for log in loggers] == [logging.NOTSET] * 3
        assert [log.propagate for log in loggers] == [True] * 3


def test_it_is_started_and_stopped_as_often_as_one_likes() -> None:
    hooks = Hooks()
    server = LiveServer(an_app(hooks))
    for _ in range(2):
        server.start()
        assert httpx.get(server.url).status_code == 200
        server.stop()
    assert hooks.calls == ["startup", "shutdown"] * 2


def test_two_servers_have_two_ports() -> None:
    with LiveServer(an_app()) as one, LiveServer(an_app()) as other:
        assert one.port != other.port
        assert httpx.get(one.url).status_code == httpx.get(other.url).status_code == 200


def test_an_application_without_a_lifespan_is_served_too() -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http", "no such thing here"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    with LiveServer(plain) as server:
        assert httpx.get(server.url).status_code == 204


# Stopping.


def test_afterwards_nobody_listens_and_no_thread_is_left() -> None:
    with LiveServer(an_app()) as server:
        assert live_threads() == [f"LiveServer on port {server.port}"]
    assert live_threads() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port)).close()


def test_a_server_that_is_never_stopped_does_not_keep_the_process() -> None:
    with LiveServer(an_app()):
        serving = [t for t in threading.enumerate() if t.name.startswith("LiveServer")]
        assert [thread.daemon for thread in serving] == [True]


def test_stopping_it_twice_or_before_it_starts_does_nothing() -> None:
    server = LiveServer(an_app())
    server.stop()
    with server:
        server.stop()
        server.stop()


def test_clients_that_stay_are_sent_away_as_a_signal_would() -> None:
    app = an_app()
    server = LiveServer(app)
    server.start()
    with (
        connect(f"{server.ws_url}/") as ws,
        httpx.stream("GET", f"{server.url}/endless") as stream,
    ):
        ws.send("hello")
        assert ws.recv(timeout=ENOUGH) == "HELLO"
        chunks = stream.iter_bytes()
        assert next(chunks) == b"first"
        server.stop()
        assert list(chunks) == []
        with pytest.raises(ConnectionClosed) as caught:
            ws.recv(timeout=ENOUGH)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001


def test_an_app_that_was_served_can_be_used_on() -> None:
    app = an_app()
    with LiveServer(app):
        pass
    assert not app.connections.draining
    assert TestClient(app).simulate_get("/").status_code == 200


def test_a_shutdown_that_fails_is_reported() -> None:
    server = LiveServer(an_app(Hooks(shutdown="the pool is gone")))
    server.start()
    with pytest.raises(RuntimeError, match=r"(?s)shutdown failed: .*the pool is gone"):
        server.stop()
    assert live_threads() == []


def test_an_error_of_the_block_goes_out_whatever_comes_of_stopping() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        with LiveServer(an_app(Hooks(shutdown="the pool is gone"))):
            raise ZeroDivisionError("the test's own")
    assert "the pool is gone" in caught.value.__notes__[0]
    with pytest.raises(ZeroDivisionError) as caught:
        with LiveServer(an_app()):
            raise ZeroDivisionError("the test's own")
    assert not hasattr(caught.value, "__notes__")


def test_a_stop_that_fails_fails_the_block() -> None:
    with pytest.raises(RuntimeError, match="the pool is gone"):
        with LiveServer(an_app(Hooks(shutdown="the pool is gone"))):
            pass


class Endless:
    """A foreign application, whose response ends when it is cancelled only."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                self.calls.append(phase)
                await send({"type": f"lifespan.{phase}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await self.stream_for_ever()

    async def stream_for_ever(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.calls.append("cancelled")


def test_what_does_not_end_is_named_and_cancelled() -> None:
    app = Endless()
    server = LiveServer(app, timeout=1)
    server.start()
    with httpx.stream("GET", server.url) as stream:
        assert next(stream.iter_raw()) == b"first"
        with pytest.raises(TimeoutError) as caught:
            server.stop()
    assert "The server did not stop within 1 s, because of:\n" in str(caught.value)
    assert "in stream_for_ever" in str(caught.value)
    assert app.calls == ["startup", "cancelled", "shutdown"]
    assert live_threads() == []


def test_a_drain_that_does_not_end_is_named_and_the_server_stopped() -> None:
    class Stuck(App):
        async def drain(self, **kwargs: Any) -> None:
            await asyncio.Event().wait()

    hooks = Hooks()
    server = LiveServer(Stuck(middleware=hooks), timeout=1)
    server.start()
    with pytest.raises(TimeoutError, match="did not stop within 1 s, because of:") as e:
        server.stop()
    assert "in drain" in str(e.value)
    assert hooks.calls == ["startup", "shutdown"]
    assert live_threads() == []


# Starting.


def test_before_it_is_started_it_is_nowhere() -> None:
    server = LiveServer(an_app())
    for name in ("port", "url", "ws_url"):
        with pytest.raises(OperationNotAllowed, match=r"call start\(\), or use `with`"):
            getattr(server, name)


def test_it_is_not_started_while_it_is_running() -> None:
    with LiveServer(an_app()) as server:
        with pytest.raises(OperationNotAllowed, match="The server is running"):
            server.start()
        assert httpx.get(server.url).status_code == 200


def test_a_startup_that_fails_is_reported() -> None:
    hooks = Hooks(startup="no such database")
    server = LiveServer(an_app(hooks))
    with pytest.raises(RuntimeError, match=r"(?s)startup failed: .*no such database"):
        server.start()
    assert live_threads() == []
    assert hooks.calls == ["startup"]
    server.stop()


def test_a_startup_that_hangs_is_reported_with_the_place() -> None:
    async def wait_for_the_database() -> None:
        await asyncio.Event().wait()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await wait_for_the_database()

    with pytest.raises(TimeoutError) as caught:
        LiveServer(application, timeout=SHORT).start()
    assert "did not complete its startup within 0.05 s" in str(caught.value)
    assert "in wait_for_the_database" in str(caught.value)
    assert live_threads() == []


def test_a_startup_that_blocks_the_loop_is_reported_with_the_place() -> None:
    release = threading.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        call_something_that_blocks()

    def call_something_that_blocks() -> None:
        release.wait(ENOUGH)

    with pytest.raises(TimeoutError) as caught:
        LiveServer(application, timeout=SHORT).start()
    release.set()
    assert "did not start within 0.15 s, as something keeps its event" in str(
        caught.value
    )
    assert "in call_something_that_blocks" in str(caught.value)
    for thread in threading.enumerate():
        if thread.name.startswith("LiveServer"):
            thread.join(DEFAULT_TIMEOUT)
    assert live_threads() == []


def test_a_server_that_ends_by_itself_is_stopped_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import uvicorn

    async def over(self: object) -> None: ...

    monkeypatch.setattr(uvicorn.Server, "main_loop", over)
    server = LiveServer(an_app())
    server.start()
    for thread in threading.enumerate():
        if thread.name.startswith("LiveServer"):
            thread.join(DEFAULT_TIMEOUT)
    server.stop()


def test_an_error_of_the_server_itself_comes_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import uvicorn

    async def broken(self: object, sockets: object) -> None:
        raise OSError("no more sockets")

    monkeypatch.setattr(uvicorn.Server, "startup", broken)
    with pytest.raises(OSError, match="no more sockets"):
        LiveServer(an_app()).start()
    assert live_threads() == []


def test_without_uvicorn_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'falconws-testing"):
        LiveServer(an_app()).start()

"""Tasks that live as long as their connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, HTTPForbidden
from falconws.testing import ASGIConductor, ASGIWebSocketSimulator
from falconws.ws import WebSocket, WebSocketDisconnected, WebSockets

Responder = Callable[[WebSocket], Awaitable[None]]


def connect(responder: Responder) -> ASGIWebSocketSimulator:
    async def on_websocket(req: Any, ws: WebSocket) -> None:
        await ws.accept()
        await responder(ws)

    app = App(extensions=[WebSockets()])
    app.add_route("/", SimpleNamespace(on_websocket=on_websocket))
    return ASGIConductor(app).simulate_ws("/")


class Loops:
    """Two loops side by side: one answers, the other pushes."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[str] = asyncio.Queue()
        self.ended: list[str] = []
        self.raised: BaseException | None = None

    async def answer(self, ws: WebSocket) -> None:
        try:
            async for message in ws:
                assert isinstance(message, str)
                await ws.send_text(message.upper())
        finally:
            self.ended.append("answer")

    async def push(self, ws: WebSocket) -> None:
        try:
            while True:
                await ws.send_text(await self.news.get())
        finally:
            self.ended.append("push")

    async def __call__(self, ws: WebSocket) -> None:
        try:
            async with ws.tasks() as group:
                group.create_task(self.answer(ws))
                group.create_task(self.push(ws))
        except BaseException as exc:
            self.raised = exc
            raise


async def test_two_loops_run_side_by_side_until_the_client_leaves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loops = Loops()
    async with connect(loops) as client:
        await client.send_text("hello")
        assert await client.receive_text() == "HELLO"
        loops.news.put_nowait("news")
        assert await client.receive_text() == "news"
    assert sorted(loops.ended) == ["answer", "push"]
    assert isinstance(loops.raised, WebSocketDisconnected)
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_a_close_of_our_own_ends_the_tasks_too() -> None:
    loops = Loops()

    async def responder(ws: WebSocket) -> None:
        async with ws.tasks() as group:
            group.create_task(loops.push(ws))
            await asyncio.sleep(0)
            await ws.close(4000)
            await asyncio.Event().wait()

    async with connect(responder) as client:
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    assert client.close_code == 4000
    assert loops.ended == ["push"]


@pytest.mark.parametrize(
    ("exc", "code"), [(ZeroDivisionError(), 1011), (HTTPForbidden(), 3403)]
)
async def test_a_task_that_fails_ends_the_others_and_the_connection(
    exc: Exception, code: int
) -> None:
    loops = Loops()

    async def fail() -> None:
        raise exc

    async def responder(ws: WebSocket) -> None:
        async with ws.tasks() as group:
            group.create_task(loops.push(ws))
            await asyncio.sleep(0)
            group.create_task(fail())

    async with connect(responder) as client:
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    assert client.close_code == code
    assert loops.ended == ["push"]


async def test_a_bug_is_told_before_a_disconnect() -> None:
    raised: list[BaseException] = []

    async def fail(exc: Exception) -> None:
        raise exc

    async def responder(ws: WebSocket) -> None:
        for errors in ([WebSocketDisconnected(1001)], [KeyError(), OSError()]):
            try:
                async with ws.tasks() as group:
                    for exc in [WebSocketDisconnected(), *errors]:
                        group.create_task(fail(exc))
            except Exception as exc:
                raised.append(exc)

    async with connect(responder):
        pass
    assert [type(exc) for exc in raised] == [WebSocketDisconnected, KeyError]


async def test_a_block_whose_tasks_are_done_goes_on() -> None:
    async def responder(ws: WebSocket) -> None:
        async with ws.tasks() as group:
            task = group.create_task(asyncio.sleep(0, "done"))
        await ws.send_text(task.result())
        await ws.close()
        with pytest.raises(WebSocketDisconnected):
            ws.tasks()

    async with connect(responder) as client:
        assert await client.receive_text() == "done"


async def test_a_timeout_of_the_applications_own_is_no_disconnect() -> None:
    async def responder(ws: WebSocket) -> None:
        with pytest.raises(TimeoutError):
            async with ws.tasks():
                raise TimeoutError
        await ws.send_text("still here")

    async with connect(responder) as client:
        assert await client.receive_text() == "still here"

"""Receiving ahead: a WebSocket that nobody receives on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from falconws.core import App, Event, OperationNotAllowed, Receive, Scope, Send
from falconws.testing import ASGIConductor, Clock, clock
from falconws.ws import WebSocket, WebSocketDisconnected, WebSocketOptions, WebSockets
from falconws.ws._ahead import Dropped, ReceiveAhead

Responder = Callable[[WebSocket], Awaitable[None]]


def _conductor(responder: Responder, **options: Any) -> ASGIConductor:
    """Serve a responder at ``/`` with these WebSocketOptions."""

    class Resource:
        async def on_websocket(self, req: Any, ws: WebSocket) -> None:
            await responder(ws)

    app = App(extensions=[WebSockets(WebSocketOptions(**options))])
    app.add_route("/", Resource())
    return ASGIConductor(app)


# It takes two sweeps, one every 0.2 s, to see that nobody receives.


async def test_a_responder_that_waits_for_something_else_is_cancelled_when_its_client_leaves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended: list[int | None] = []

    async def push(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(ws.close_code)

    with clock() as time:
        async with _conductor(push, disconnect_grace=5).simulate_ws() as client:
            await client.close(4001)
            await time.advance(5.1)
            assert ended == []
            await time.advance(0.4)
            assert ended == [4001]
    assert not [record for record in caplog.records if record.levelname != "DEBUG"]


async def test_a_responder_without_a_grace_is_left_alone_and_told_by_the_socket() -> (
    None
):
    stop = asyncio.Event()
    sockets = []

    async def push(ws: WebSocket) -> None:
        await ws.accept()
        sockets.append(ws)
        await stop.wait()
        with pytest.raises(WebSocketDisconnected) as caught:
            await ws.send_text("anybody?")
        assert caught.value.code == 4001

    with clock() as time:
        async with _conductor(push, disconnect_grace=None).simulate_ws() as client:
            await client.close(4001)
            await time.advance(0.1)
            assert not sockets[0].closed
            await time.advance(600)
            assert sockets[0].closed
            assert sockets[0].ready_state == 3
            stop.set()


async def test_a_responder_that_ends_within_the_grace_is_not_cancelled() -> None:
    finished: list[bool] = []

    async def push(ws: WebSocket) -> None:
        await ws.accept()
        await asyncio.sleep(3.3)
        finished.append(ws.closed)

    with clock():
        async with _conductor(push, disconnect_grace=3).simulate_ws():
            pass
    assert finished == [True]


async def test_messages_that_came_before_the_disconnect_stay_readable_in_order() -> (
    None
):
    received: list[str | bytes] = []

    async def slow(ws: WebSocket) -> None:
        await ws.accept()
        await asyncio.sleep(1)
        assert ws.closed
        received.extend([message async for message in ws])
        with pytest.raises(WebSocketDisconnected):
            await ws.receive_text()

    with clock():
        async with _conductor(slow).simulate_ws() as ws:
            for number in range(5):
                await ws.send_text(str(number))
    assert received == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("limit", [1, 2, 32])
async def test_no_more_is_received_ahead_than_the_limit(limit: int) -> None:
    taken = 0
    received: list[str | bytes] = []

    async def slow(ws: WebSocket) -> None:
        await ws.accept()
        await asyncio.sleep(10)
        received.extend([message async for message in ws])

    app = _conductor(slow, max_receive_queue=limit).app

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_one() -> Event:
            nonlocal taken
            event = await receive()
            taken += event["type"] == "websocket.receive"
            return event

        await app(scope, receive_one, send)

    with clock() as time:
        async with ASGIConductor(counting).simulate_ws() as client:
            for number in range(40):
                await client.send_text(str(number))
            await time.advance(0.1)
            assert taken == 0
            await time.advance(9.8)
            assert taken == limit
            await client.close()
            await client.finish()
    assert received == [str(n) for n in range(40)]


async def test_a_client_that_leaves_behind_messages_that_nobody_reads_is_noticed() -> (
    None
):
    ended: list[bool] = []

    async def push(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(ws.closed)

    conductor = _conductor(push, max_receive_queue=2, disconnect_grace=5)
    with clock() as time:
        async with conductor.simulate_ws() as client:
            for number in range(100):
                await client.send_text(str(number))
            await client.close()
            await time.advance(30 + 5)  # as long as a full queue holds the client back
            assert ended == []
            await time.advance(1)
            assert ended == [True]


class Chatty:
    """A server whose client sends numbers for ever; its messages are told by a queue of two."""

    def __init__(self, time: Clock) -> None:
        self._time = time
        self.taken = 0
        self.ahead = ReceiveAhead(self._receive, 2, None, _refuse)

    async def _receive(self) -> dict[str, Any]:
        if self.taken > 9:
            return await _never()
        self.taken += 1
        return {"type": "websocket.receive", "text": str(self.taken)}

    async def swept_after(self, seconds: float) -> int:
        """Let time go by, and give how many messages were taken."""
        await self._time.advance(seconds)
        self.ahead.fill()
        await self._time.advance(0)
        return self.taken

    async def next(self) -> object:
        event = await self.ahead.next()
        return event if isinstance(event, Dropped) else event["text"]


async def test_a_full_queue_holds_the_client_back_for_half_a_minute() -> None:
    with clock() as time:
        server = Chatty(time)
        assert await server.swept_after(0) == 2
        assert await server.swept_after(0) == 2
        assert await server.swept_after(29.9) == 2
        assert await server.swept_after(0.1) == 10
        assert [await server.next(), await server.next()] == ["1", "2"]
        assert await server.next() == Dropped(1008, "Messages were not read in time")
        server.ahead.stop()


async def test_whoever_reads_within_it_gets_everything() -> None:
    with clock() as time:
        server = Chatty(time)
        await server.swept_after(0)
        await server.swept_after(0)
        for number in range(1, 4):
            assert await server.next() == str(number)
            assert await server.swept_after(20) == number + 2
            assert await server.swept_after(29.9) == number + 2


async def test_reading_as_far_as_what_was_dropped_closes_with_1008() -> None:
    read: list[str] = []

    async def slow(ws: WebSocket) -> None:
        await ws.accept()
        await asyncio.sleep(31)
        read.extend([await ws.receive_text(), await ws.receive_text()])
        with pytest.raises(WebSocketDisconnected) as caught:
            await ws.receive_text()
        assert (caught.value.code, caught.value.initiator) == (1008, "server")

    with clock() as time:
        async with _conductor(slow, max_receive_queue=2).simulate_ws() as client:
            for number in range(10):
                await client.send_text(str(number))
            await time.advance(31)
            assert client.close_code == 1008
            assert client.close_reason == "Messages were not read in time"
    assert read == ["0", "1"]


@pytest.mark.parametrize("message", ["x" * 1001, b"x" * 1001])
async def test_a_message_that_is_too_large_is_not_held(message: str | bytes) -> None:
    received = []

    async def slow(ws: WebSocket) -> None:
        await ws.accept()
        await asyncio.sleep(1)
        assert ws._ahead is not None
        assert len(ws._ahead._events) == 2
        assert "xxx" not in repr(ws._ahead._events)
        received.append(await ws.receive_text())
        await ws.receive_text()

    with clock() as time:
        async with _conductor(slow, max_message_size=1000).simulate_ws() as client:
            await client.send_text("y" * 1000)
            if isinstance(message, str):
                await client.send_text(message)
            else:
                await client.send_data(message)
            await time.advance(1)
    assert (client.close_code, received) == (1009, ["y" * 1000])


async def test_with_a_queue_of_zero_nothing_is_received_ahead() -> None:
    ws = WebSocket(
        {"type": "websocket", "path": "/"}, _never, _ignore, WebSocketOptions(None, 0)
    )
    await ws.accept()
    before = len(asyncio.all_tasks())
    for _ in range(5):
        ws.sweep()
    assert len(asyncio.all_tasks()) == before


async def test_receiving_ahead_is_stopped_once_and_for_all() -> None:
    ws = WebSocket({"type": "websocket", "path": "/"}, _never, _ignore)
    await ws.accept()
    ws.stop()  # There is nothing to stop yet.
    for _ in range(3):
        ws.sweep()
    (task,) = asyncio.all_tasks() - {asyncio.current_task()}
    for _ in range(2):
        ws.stop()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_socket_that_is_received_on_has_no_task_of_its_own() -> None:
    ws = WebSocket({"type": "websocket", "path": "/"}, _never, _ignore)
    await ws.accept()
    receiving = asyncio.create_task(ws.receive_text())
    await asyncio.sleep(0)
    before = len(asyncio.all_tasks())
    for _ in range(5):
        ws.sweep()
    assert len(asyncio.all_tasks()) == before
    receiving.cancel()


async def test_who_receives_again_gets_what_comes_next_and_then_asks_the_server_itself() -> (
    None
):
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    ws = WebSocket({"type": "websocket", "path": "/"}, events.get, _ignore)
    await ws.accept()
    ws.sweep()
    ws.sweep()
    await asyncio.sleep(0)
    receiving = asyncio.create_task(ws.receive_text())
    await asyncio.sleep(0)
    events.put_nowait({"type": "websocket.receive", "text": "first"})
    assert await receiving == "first"
    before = len(asyncio.all_tasks())
    events.put_nowait({"type": "websocket.receive", "text": "second"})
    assert await ws.receive_text() == "second"
    assert len(asyncio.all_tasks()) <= before


async def test_a_message_is_not_lost_when_the_wait_for_it_is_cancelled() -> None:
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    ws = WebSocket({"type": "websocket", "path": "/"}, events.get, _ignore)
    await ws.accept()
    ws.sweep()
    ws.sweep()
    await asyncio.sleep(0)
    receiving = asyncio.create_task(ws.receive_text())
    await asyncio.sleep(0)
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    events.put_nowait({"type": "websocket.receive", "text": "kept"})
    assert await ws.receive_text() == "kept"
    ws.stop()


async def test_an_error_of_the_server_reaches_whoever_receives_next() -> None:
    async def fail() -> dict[str, Any]:
        raise RuntimeError("the server's own")

    ws = WebSocket({"type": "websocket", "path": "/"}, fail, _ignore)
    await ws.accept()
    ws.sweep()
    ws.sweep()
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="the server's own"):
        await ws.receive_text()


async def test_two_tasks_that_receive_at_once_are_told() -> None:
    ws = WebSocket({"type": "websocket", "path": "/"}, _never, _ignore)
    await ws.accept()
    first = asyncio.create_task(ws.receive_text())
    await asyncio.sleep(0)
    with pytest.raises(OperationNotAllowed, match="Another task receives"):
        await ws.receive_text()
    first.cancel()


async def test_a_client_that_leaves_before_accept_is_noticed() -> None:
    told: list[bool] = []

    async def slow(ws: WebSocket) -> None:
        await asyncio.sleep(1)
        told.append(ws.closed)
        with pytest.raises(WebSocketDisconnected):
            await ws.accept()
        told.append(True)

    client = _conductor(slow).simulate_ws()
    with clock() as time:
        client.connect()
        await client.close()
        await time.advance(1)
        await client.finish()
    assert told == [True, True]


async def test_a_cancellation_by_the_server_is_not_swallowed() -> None:
    reached: asyncio.Queue[asyncio.Task[None] | None] = asyncio.Queue()

    async def wait(ws: WebSocket) -> None:
        await ws.accept()
        reached.put_nowait(asyncio.current_task())
        await asyncio.Event().wait()

    conductor = _conductor(wait)
    async with conductor.simulate_ws() as client:
        task = await reached.get()
        assert task is not None
        task.cancel()
        await client.finish()
        assert task.cancelled()
    assert len(conductor.app.connections) == 0


@pytest.mark.parametrize(
    "options", [{"max_receive_queue": -1}, {"disconnect_grace": -0.1}]
)
def test_a_negative_option_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        WebSocketOptions(**options)


async def _never() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


def _refuse(event: Any) -> None:
    raise AssertionError("Nobody leaves.")


async def _ignore(event: Any) -> None:
    pass

"""WebSockets in tests without ``await``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from falconws.core import Event, OperationNotAllowed, Receive, Scope, Send
from falconws.testing import ASGIConductor, ASGIWebSocketSimulator
from falconws.testing.blocking import (
    BlockingSession,
    WebSocketSimulator,
    check_no_running_loop,
)
from falconws.testing.errors import WebSocketDisconnected, WebSocketPathNotFound

ACCEPT: Event = {"type": "websocket.accept"}


class Room:
    """An application in which everybody hears everybody, and that writes down what happens.

    A GET says who is in, by the number.
    """

    def __init__(self, fails: str = "") -> None:
        self.happened: list[str] = []
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self.members: list[Send] = []
        self.fails = fails

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.loops.add(asyncio.get_running_loop())
        await getattr(self, scope["type"])(scope, receive, send)

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        for phase in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{phase}"
            self.happened.append(phase)
            outcome = "failed" if self.fails == phase else "complete"
            await send({"type": f"lifespan.{phase}.{outcome}"})
            if outcome == "failed":
                return

    async def http(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        body = str(len(self.members)).encode()
        await send({"type": "http.response.body", "body": body})

    async def websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] != "/":
            start = {"type": "websocket.http.response.start", "status": 404}
            await send(start)
            await send({"type": "websocket.http.response.body", "body": b"Where?"})
            return
        name = (scope["subprotocols"] or [None])[0]
        headers = [(b"x-tag", b"1")]
        await send({**ACCEPT, "subprotocol": name, "headers": headers})
        self.members.append(send)
        try:
            await self.talk(receive)
        finally:
            self.members.remove(send)

    async def talk(self, receive: Receive) -> None:
        while (event := await receive())["type"] == "websocket.receive":
            if event.get("text") == "fail":
                raise ZeroDivisionError("a bug")
            closes = event.get("text") == "close"
            close = {"type": "websocket.close", "code": 1001, "reason": "bye"}
            for member in tuple(self.members):
                await member(close if closes else {**event, "type": "websocket.send"})
        self.happened.append(f"left {event['code']} {event['reason']}")


class Client:
    """What a `TestClient` does with a session."""

    def __init__(self, app: Any, timeout: float = 5) -> None:
        self.session = BlockingSession(lambda: ASGIConductor(app, timeout=timeout))

    def ws(self, path: str = "/", **kwargs: Any) -> WebSocketSimulator:
        def make_socket(conductor: ASGIConductor) -> ASGIWebSocketSimulator:
            return conductor.simulate_ws(path, **kwargs)

        return WebSocketSimulator(self.session, make_socket)

    def get(self) -> str:
        with self.session as conductor:
            return self.session.run(conductor.simulate_get, "/").text


def test_a_socket_is_used_call_by_call() -> None:
    room = Room()
    with Client(room).ws(subprotocols=["v1"]) as ws:
        assert ws.ready
        assert not ws.closed
        assert (ws.subprotocol, ws.headers) == ("v1", [(b"x-tag", b"1")])
        assert (ws.close_code, ws.close_reason, ws.denial) == (None, "", None)
        ws.send_text("hi")
        assert ws.receive_text() == "hi"
        ws.send_data(b"\xff")
        assert ws.receive_data() == b"\xff"
        ws.send_json({"a": 1})
        assert ws.receive_json(timeout=5) == {"a": 1}
        ws.send_msgpack({"a": 1})
        assert ws.receive_msgpack() == {"a": 1}
        ws.send_text("hi")
        assert ws.receive() == "hi"
        assert room.happened == ["startup"]
    assert ws.closed
    assert room.happened == ["startup", "left 1000 ", "shutdown"]


def test_the_application_runs_in_the_thread_of_the_test() -> None:
    threads: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        threads.append(threading.get_ident())
        await Room()(scope, receive, send)

    with Client(app).ws():
        pass
    assert threads == [threading.get_ident()] * 2


def test_the_return_of_the_application_can_be_waited_for() -> None:
    room = Room()
    with Client(room).ws() as ws:
        ws.close(4000, "done")
        assert ws.close_code == 4000
        ws.finish()
        assert room.members == []
        assert room.happened == ["startup", "left 4000 done"]


def test_messages_can_be_iterated_over() -> None:
    with Client(Room()).ws() as ws:
        for message in ("a", "b", "close"):
            ws.send_text(message)
        assert list(ws) == ["a", "b"]
        assert (ws.close_code, ws.close_reason) == (1001, "bye")


def test_an_iteration_lets_out_an_end_that_is_not_normal() -> None:
    with Client(Room()).ws() as ws:
        ws.disconnect(1012, "restart")
        with pytest.raises(WebSocketDisconnected) as caught:
            list(ws)
        assert caught.value.code == 1012


def test_the_end_can_be_waited_for() -> None:
    with Client(Room()).ws() as ws:
        ws.send_text("close")
        ws.wait_closed()
        assert ws.close_code == 1001


def test_a_client_can_vanish() -> None:
    room = Room()
    with Client(room).ws() as ws:
        ws.vanish()
        with pytest.raises(OperationNotAllowed, match="vanished"):
            ws.send_text("x")
    assert room.happened == ["startup", "left 1006 ", "shutdown"]


def test_two_users_talk_to_each_other() -> None:
    room = Room()
    client = Client(room)
    with client.ws() as a, client.ws() as b:
        a.send_text("hello")
        assert [a.receive_text(), b.receive_text()] == ["hello", "hello"]
        b.send_text("hi")
        assert [b.receive_text(), a.receive_text()] == ["hi", "hi"]
        with client.ws() as c:
            c.send_text("three")
            assert a.receive_text() == "three"
        assert not c.ready
        assert b.receive_text() == "three"
    assert room.happened.count("startup") == room.happened.count("shutdown") == 1
    assert room.happened[-1] == "shutdown"
    assert len(room.loops) == 1


def test_sockets_may_be_closed_in_any_order() -> None:
    room = Room()
    client = Client(room)
    a, b = client.ws(), client.ws()
    a.__enter__()
    b.__enter__()
    a.__exit__(None, None, None)
    b.send_text("alone")
    assert b.receive_text() == "alone"
    assert "shutdown" not in room.happened
    b.__exit__(None, None, None)
    assert room.happened[-1] == "shutdown"


def test_requests_in_between_are_of_the_same_lifespan() -> None:
    room = Room()
    client = Client(room)
    assert client.get() == "0"
    assert room.happened == ["startup", "shutdown"]
    with client.ws() as ws:
        assert client.get() == "1"
        ws.send_text("x")
        assert client.get() == "1"
        assert ws.receive_text() == "x"
    assert client.get() == "0"
    assert [happened[:4] for happened in room.happened] == [
        *("star", "shut"),
        *("star", "left", "shut"),
        *("star", "shut"),
    ]
    assert len(room.loops) == 3
    assert all(loop.is_closed() for loop in room.loops)


def test_each_thread_has_a_lifespan_of_its_own() -> None:
    room = Room()
    client = Client(room)
    answers: list[str] = []
    failed: list[str] = []

    with client.ws() as ws:

        def use() -> None:
            answers.append(client.get())
            with pytest.raises(OperationNotAllowed, match="in its thread"):
                ws.send_text("x")
            failed.append("other thread")

        thread = threading.Thread(target=use)
        thread.start()
        thread.join(60)
        ws.send_text("x")
        assert ws.receive_text() == "x"
    assert (answers, failed) == (["1"], ["other thread"])
    assert len(room.loops) == 2


def test_a_denial_is_raised_and_can_be_looked_at() -> None:
    room = Room()
    ws = Client(room).ws("/elsewhere")
    with pytest.raises(WebSocketPathNotFound):
        ws.__enter__()
    assert ws.denial is not None
    assert ws.denial.text == "Where?"
    assert ws.closed
    assert room.happened == ["startup", "shutdown"]


def test_a_denial_leaves_what_else_is_open_as_it_is() -> None:
    client = Client(Room())
    with client.ws() as a:
        with pytest.raises(WebSocketPathNotFound):
            client.ws("/elsewhere").__enter__()
        a.send_text("x")
        assert a.receive_text() == "x"


def test_arguments_that_are_wrong_leave_nothing_open() -> None:
    room = Room()
    with pytest.raises(ValueError, match="slash"):
        Client(room).ws("no-slash").__enter__()
    assert room.happened == ["startup", "shutdown"]
    assert all(loop.is_closed() for loop in room.loops)


def test_what_the_application_raises_comes_out() -> None:
    room = Room()

    def fail() -> None:
        with Client(room).ws() as ws:
            ws.send_text("fail")
            ws.receive_text()

    with pytest.raises(ZeroDivisionError, match="a bug"):
        fail()
    assert room.happened == ["startup", "shutdown"]


def test_a_message_that_does_not_come_fails_with_the_stack() -> None:
    with Client(Room()).ws() as ws:
        with pytest.raises(TimeoutError, match=r"did not send a message") as caught:
            ws.receive(timeout=0.05)
        assert "in talk" in str(caught.value)
        ws.send_text("x")
        assert ws.receive_text() == "x"


def test_a_startup_that_fails_leaves_nothing_open() -> None:
    room = Room(fails="startup")
    client = Client(room)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="startup failed"):
            client.ws().__enter__()
    assert len(room.loops) == 2
    assert all(loop.is_closed() for loop in room.loops)


def test_a_shutdown_that_fails_leaves_nothing_open() -> None:
    room = Room(fails="shutdown")
    client = Client(room)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="shutdown failed"), client.ws() as ws:
            ws.send_text("x")
    assert len(room.loops) == 2
    assert all(loop.is_closed() for loop in room.loops)


def test_tasks_that_the_application_leaves_are_cancelled_with_the_loop() -> None:
    ended: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        tasks.add(asyncio.create_task(wait()))
        await send(ACCEPT)

    with Client(app).ws():
        pass
    assert ended == ["cancelled"]


def test_the_threads_own_event_loop_is_left_alone() -> None:
    own = asyncio.new_event_loop()
    asyncio.set_event_loop(own)
    try:
        assert Client(Room()).get() == "0"
        assert asyncio.get_event_loop_policy().get_event_loop() is own
    finally:
        asyncio.set_event_loop(None)
        own.close()


def test_a_loop_of_another_kind_can_be_chosen() -> None:
    made: list[asyncio.AbstractEventLoop] = []

    def make() -> asyncio.AbstractEventLoop:
        made.append(asyncio.new_event_loop())
        return made[-1]

    room = Room()
    with BlockingSession(lambda: ASGIConductor(room), make):
        pass
    assert room.loops == set(made)


# Wrong use.


def test_a_socket_is_opened_once_and_by_with() -> None:
    ws = Client(Room()).ws()
    for use in (
        lambda: ws.ready,
        lambda: ws.denial,
        ws.receive,
        ws.close,
        lambda: ws.send_text("x"),
    ):
        with pytest.raises(OperationNotAllowed, match="`with`"):
            use()
    with ws:
        for _ in range(2):
            with pytest.raises(OperationNotAllowed, match="make another"):
                ws.__enter__()
    with pytest.raises(OperationNotAllowed, match="make another"):
        ws.__enter__()


def test_a_socket_is_of_no_use_after_its_block() -> None:
    with Client(Room()).ws() as ws:
        pass
    with pytest.raises(OperationNotAllowed, match="within the `with` block"):
        ws.receive()
    assert ws.close_code == 1000


async def test_a_running_loop_refuses_all_of_it() -> None:
    client = Client(Room())
    session = client.session
    uses: tuple[Callable[[], object], ...] = (
        check_no_running_loop,
        client.ws,
        session.__enter__,
        lambda: session.run(asyncio.sleep, 0),
    )
    for use in uses:
        with pytest.raises(RuntimeError, match="that ASGIConductor: `await conductor"):
            use()


def test_an_application_cannot_use_the_session_that_it_runs_in() -> None:
    raised: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await send(ACCEPT)
        try:
            client.get()
        except RuntimeError as exc:
            raised.append(str(exc))

    client = Client(app)
    with client.ws() as ws:
        ws.wait_closed()
    assert "running event loop" in raised[0]

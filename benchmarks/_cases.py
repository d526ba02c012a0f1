"""What is measured in process: one function each, which drives an application as a server does.

Each gives the seconds that a unit took: a request, a message, a connection, an event, a form. What
an application answers is looked at before it is measured, by `check`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import orjson

from .apps import AREAS, EVENT, HEADERS, MESSAGE

__all__ = ("CASES", "Application", "Case", "check")

Application = Callable[[Any, Any, Any], Awaitable[None]]
_Run = Callable[[Application, int], Awaitable[float]]


@dataclass(frozen=True)
class Case:
    """A thing to measure.

    Attributes:
        key: What it is called in results.
        label: What it is called in tables.
        variant: The variant of the application that it needs.
        count: Units in a round.
        run: Measures a number of them.
    """

    key: str
    label: str
    variant: str
    count: int
    run: _Run


_DOCUMENT = {
    "id": 12345,
    "name": "Ada Lovelace",
    "tags": ["analyst", "poet"],
    "address": {"street": "12 St James's Square", "city": "London"},
    "balance": 1024.5,
}
_BODY = orjson.dumps(_DOCUMENT)

_FILE = 10 * 1024**2
_CHUNK = 64 * 1024
_BOUNDARY = "----a-boundary-as-browsers-make-them"

_GREETING = {"type": "websocket.receive", "text": "x" * 64}
_CONNECT = {"type": "websocket.connect"}
_LEAVE = {"type": "websocket.disconnect", "code": 1000, "reason": ""}


def _scope(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """Give a scope as uvicorn makes it."""
    sent = {"host": "127.0.0.1:8000", "user-agent": "benchmarks", "accept": "*/*"}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(n.encode(), v.encode()) for n, v in (sent | headers).items()],
        "state": {},
    }


def _socket_scope(path: str, origin: str | None = None) -> dict[str, Any]:
    headers = {
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
    }
    scope = _scope("GET", path, headers | ({"origin": origin} if origin else {}))
    del scope["method"]
    return scope | {
        "type": "websocket",
        "scheme": "ws",
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }


async def _ignore(event: Any) -> None:
    pass


# HTTP


async def _requests(
    scope: dict[str, Any], body: bytes, app: Application, count: int
) -> float:
    event = {"type": "http.request", "body": body, "more_body": False}

    async def receive() -> Any:
        return event

    started = time.perf_counter()
    for _ in range(count):
        await app(scope.copy(), receive, _ignore)
    return (time.perf_counter() - started) / count


_GET = _scope("GET", "/items/42", {})
_LAST = _scope("GET", f"/area{AREAS - 1}/items/42", {})
_POST = _scope(
    "POST",
    "/echo",
    {"content-type": "application/json", "content-length": str(len(_BODY))},
)


@cache
def _form() -> tuple[bytes, ...]:
    """Give the pieces of a form with one file."""
    head = (
        f"--{_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="data.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + os.urandom(_FILE) + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return tuple(body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK))


def _upload_scope() -> dict[str, Any]:
    headers = {
        "content-type": f"multipart/form-data; boundary={_BOUNDARY}",
        "content-length": str(sum(map(len, _form()))),
    }
    return _scope("POST", "/upload", headers)


class _Exchange:
    """The server's side of a request, whose response may be streamed."""

    def __init__(self, chunks: tuple[bytes, ...]) -> None:
        self._chunks = iter(chunks)
        self._left = len(chunks)
        self._answered = asyncio.Event()

    async def receive(self) -> Any:
        if not self._left:
            # As servers do: an application that waits for this gets it when all is sent.
            await self._answered.wait()
            return {"type": "http.disconnect"}
        self._left -= 1
        body = next(self._chunks)
        return {"type": "http.request", "body": body, "more_body": self._left > 0}

    async def send(self, event: Any) -> None:
        if event["type"] == "http.response.body" and not event.get("more_body"):
            self._answered.set()


async def _uploads(app: Application, count: int) -> float:
    scope = _upload_scope()
    seconds = 0.0
    for _ in range(count):
        exchange = _Exchange(_form())
        started = time.perf_counter()
        await app(scope.copy(), exchange.receive, exchange.send)
        seconds += time.perf_counter() - started
    return seconds / count


# Events


async def _events(kind: str, app: Application, count: int) -> float:
    scope = _scope("GET", f"/events/{kind}/{count}", {"accept": "text/event-stream"})
    exchange = _Exchange((b"",))
    started = time.perf_counter()
    await app(scope, exchange.receive, exchange.send)
    return (time.perf_counter() - started) / count


# WebSockets


async def _burst(app: Application, count: int) -> float:
    """Measure messages of which the next one is there already."""
    events = iter([_CONNECT, *[_GREETING] * count])
    answered = asyncio.Event()
    left = count + 1  # answers: the handshake's is one

    async def receive() -> Any:
        for event in events:
            return event
        await answered.wait()  # The client leaves when it has read everything.
        return _LEAVE

    async def send(event: Any) -> None:
        nonlocal left
        left -= 1
        if not left:
            answered.set()

    started = time.perf_counter()
    await app(_socket_scope("/ws"), receive, send)
    return (time.perf_counter() - started) / count


async def _ping_pong(app: Application, count: int) -> float:
    """Measure messages each of which waits for the answer to the one before it."""
    loop = asyncio.get_running_loop()
    events = iter([_CONNECT, *[_GREETING] * count, _LEAVE])
    arrived = 1
    waiter: asyncio.Future[None] | None = None

    def deliver() -> None:
        nonlocal arrived
        arrived += 1
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def receive() -> Any:
        nonlocal arrived, waiter
        if not arrived:
            waiter = loop.create_future()
            await waiter
        arrived -= 1
        return next(events)

    async def send(event: Any) -> None:
        loop.call_soon(deliver)

    started = time.perf_counter()
    await app(_socket_scope("/ws"), receive, send)
    return (time.perf_counter() - started) / count


async def _connections(origin: str | None, app: Application, count: int) -> float:
    template = _socket_scope("/ws", origin)
    started = time.perf_counter()
    for _ in range(count):
        events = iter((_CONNECT, _LEAVE))

        async def receive(events: Iterator[Any] = events) -> Any:
            return next(events)

        await app(template.copy(), receive, _ignore)
    return (time.perf_counter() - started) / count


CASES = {
    case.key: case
    for case in (
        Case(
            "get",
            "GET, path parameter, JSON",
            "plain",
            300,
            partial(_requests, _GET, b""),
        ),
        Case("post", "POST, JSON echo", "plain", 300, partial(_requests, _POST, _BODY)),
        Case(
            "routes",
            "the last of 100 routes",
            "routes",
            300,
            partial(_requests, _LAST, b""),
        ),
        Case(
            "middleware",
            "middleware x 3",
            "middleware",
            300,
            partial(_requests, _GET, b""),
        ),
        Case("upload", "multipart form, 10 MiB", "plain", 1, _uploads),
        Case("ping_pong", "echo, one at a time", "plain", 400, _ping_pong),
        Case("burst", "echo, burst", "plain", 400, _burst),
        Case("connect", "connect + close", "plain", 100, partial(_connections, None)),
        Case(
            "connect_origin",
            "the same, from a page",
            "plain",
            100,
            partial(_connections, "http://127.0.0.1:8000"),
        ),
        Case(
            "events_ready", "source is ready", "plain", 400, partial(_events, "ready")
        ),
        Case(
            "events_waiting", "source waits", "plain", 400, partial(_events, "waiting")
        ),
    )
}


# That an application does what is measured


async def check(app: Application, key: str) -> None:
    """See that an application does what a case measures.

    Raises:
        AssertionError: It answers something else.
    """
    if key in ("ping_pong", "burst", "connect", "connect_origin"):
        await _check_socket(app, _socket_scope("/ws", "http://127.0.0.1:8000"))
        return
    item = {"item": "42", "message": MESSAGE}
    if key == "post":
        status, headers, body = await _answer(app, _POST, (_BODY,))
        _expect(status == 200 and orjson.loads(body) == _DOCUMENT, body)
    elif key == "upload":
        status, headers, body = await _answer(app, _upload_scope(), _form())
        _expect(status == 200 and body.strip(b'"') == str(_FILE).encode(), body)
    elif key.startswith("events"):
        scope = _scope("GET", f"/events/{key.partition('_')[2]}/3", {})
        status, headers, body = await _answer(app, scope, (b"",))
        lines = body.decode().split()
        _expect(status == 200 and lines == ["data:", EVENT] * 3, body)
    else:
        scope = _LAST if key == "routes" else _GET
        status, headers, body = await _answer(app, scope, (b"",))
        _expect(status == 200 and orjson.loads(body) == item, body)
        if key == "middleware":
            _expect({*HEADERS} <= {*headers}, headers)


async def _answer(
    app: Application, scope: dict[str, Any], chunks: tuple[bytes, ...]
) -> tuple[int, list[str], bytes]:
    sent: list[Any] = []
    exchange = _Exchange(chunks)

    async def send(event: Any) -> None:
        sent.append(event)
        await exchange.send(event)

    await app(scope.copy(), exchange.receive, send)
    headers = [name.decode().lower() for name, _ in sent[0]["headers"]]
    body = b"".join(event.get("body", b"") for event in sent[1:])
    return sent[0]["status"], headers, body


async def _check_socket(app: Application, scope: dict[str, Any]) -> None:
    events = iter((_CONNECT, _GREETING))
    sent: list[Any] = []
    answered = asyncio.Event()

    async def receive() -> Any:
        for event in events:
            return event
        await answered.wait()
        return _LEAVE

    async def send(event: Any) -> None:
        sent.append(event)
        if len(sent) == 2:
            answered.set()

    await app(scope, receive, send)
    _expect(len(sent) >= 2 and sent[0]["type"] == "websocket.accept", sent)
    _expect(sent[1].get("text") == _GREETING["text"], sent)


def _expect(is_so: bool, what: object) -> None:
    if not is_so:
        raise AssertionError(f"The application answers {str(what)[:200]!r}.")

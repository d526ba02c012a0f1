"""A server that holds an application to the ASGI HTTP specification, event by event."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from falconws.core import App

__all__ = ("Pairs", "Reply", "app_of", "ask", "http", "raising", "serve", "telling")

Pairs = Iterable[tuple[str, str]]

# RFC 9110, 5.1 and 5.5; ASGI HTTP: in lower case.
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(rb"[^\r\n\0]*")

# What may be sent next, and the keys that it may have beside "type".
_NEXT = {
    "unsent": ("early_hint", "start"),
    "begun": ("body", "pathsend"),
    "trailing": ("trailers",),
    "over": (),
}
_KEYS = {
    "early_hint": {"links"},
    "start": {"status", "headers", "trailers"},
    "body": {"body", "more_body"},
    "pathsend": {"path"},
    "trailers": {"headers", "more_trailers"},
}


class Reply:
    """A response: what was sent, each event of it allowed where it stands, or an AssertionError.

    Attributes:
        events: What was sent.
        state: What that has led to: ``"unsent"``, ``"begun"``, ``"trailing"`` or ``"over"``.
        error: What the application raised; None if it returned.
    """

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.events: list[dict[str, Any]] = []
        self.state = "unsent"
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.error: Exception | None = None
        self._offers = scope.get("extensions", {})
        self._bodiless = scope["method"] == "HEAD"
        self._trails = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """Give a header's value; None if it was not sent."""
        return dict(self.headers).get(name)

    def take(self, event: dict[str, Any]) -> None:
        """Move on by an event."""
        kind = event["type"].removeprefix("http.response.")
        assert kind in _NEXT[self.state], f"{event} when {self.state}"
        values = {key: value for key, value in event.items() if key != "type"}
        assert values.keys() <= _KEYS[kind], event
        assert kind in ("start", "body") or event["type"] in self._offers
        getattr(self, f"_take_{kind}")(**values)
        self.events.append(event)

    def _take_early_hint(self, links: list[bytes]) -> None:
        assert all(_VALUE.fullmatch(link) for link in links)

    def _take_start(
        self, status: int, headers: Any = (), trailers: bool = False
    ) -> None:
        assert type(status) is int
        assert 200 <= status <= 599
        self.status, self._trails, self.state = status, trailers, "begun"
        self.headers = _checked(headers)
        self._bodiless = self._bodiless or status in (204, 304)
        assert status != 204 or self.header("content-length") is None  # RFC 9110, 8.6
        assert self.header("transfer-encoding") is None

    def _take_body(self, body: bytes = b"", more_body: bool = False) -> None:
        assert (type(body), type(more_body)) == (bytes, bool)
        assert not (body and self._bodiless), (self.status, body)
        self.body += body
        if not more_body:
            self._end(len(self.body))

    def _take_pathsend(self, path: str) -> None:
        assert os.path.isabs(path)
        assert not self._bodiless
        self._end(os.path.getsize(path))

    def _end(self, length: int) -> None:
        assert self._bodiless or self.header("content-length") in (None, str(length))
        self.state = "trailing" if self._trails else "over"

    def _take_trailers(self, headers: Any, more_trailers: bool = False) -> None:
        assert _checked(headers)
        self.state = "trailing" if more_trailers else "over"


def _checked(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    for name, value in headers:
        assert (type(name), type(value)) == (bytes, bytes)
        assert _NAME.fullmatch(name), name
        assert _VALUE.fullmatch(value), value
    # RFC 9110, 5.3: no field twice that is no list; RFC 6265, 3: but this one.
    single = [name for name, _ in headers if name != b"set-cookie"]
    assert len(single) == len(set(single))
    return [(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers]


async def serve(
    app: Any,
    scope: dict[str, Any],
    requests: Iterable[dict[str, Any]] = ({"type": "http.request"},),
    leaves_at: int | None = None,
    send_fails: bool = False,
) -> Reply:
    """Serve a scope.

    Args:
        app: An ASGI application.
        scope: Of type ``http``.
        requests: The events that it may receive.
        leaves_at: After how many of its events the client is gone; None for never.
        send_fails: Whether the application learns of it by sending, which fails as of ASGI
            HTTP 2.4, and not by receiving.
    """
    reply = Reply(scope)
    waiting = list(requests)
    gone = asyncio.Event()
    if leaves_at == 0 and not send_fails:
        gone.set()

    async def receive() -> dict[str, Any]:
        if waiting and not gone.is_set():
            return waiting.pop(0)
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(event: dict[str, Any]) -> None:
        await asyncio.sleep(0)  # as a server does that has to wait for its client
        if send_fails and len(reply.events) == leaves_at:
            gone.set()
            raise ConnectionResetError("The client has left.")
        reply.take(event)
        if reply.state == "over" or (len(reply.events) == leaves_at and not send_fails):
            gone.set()

    try:
        async with asyncio.timeout(10):
            await app(scope, receive, send)
    except Exception as exc:
        reply.error = exc
    return reply


def http(path: str = "/", method: str = "GET", **scope: Any) -> dict[str, Any]:
    """Give a scope that has no more than what a server must tell."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [],
        **scope,
    }


def ask(
    app: Any,
    method: str = "GET",
    path: str = "/",
    headers: Pairs = (),
    body: bytes = b"",
    **scope: Any,
) -> Reply:
    """Send a request, and give the whole answer; what the application raises is raised."""
    pairs = [(n.lower().encode(), v.encode("latin-1")) for n, v in headers]
    events = [{"type": "http.request", "body": body}]
    full = http(path, method, headers=pairs, **scope)
    reply = asyncio.run(serve(app, full, events))
    if reply.error is not None:
        raise reply.error
    assert reply.state == "over"
    return reply


def app_of(answer: Callable[[Any, Any], object], *methods: str) -> App:
    """Give an App that answers some methods at ``/``; by default GET, HEAD and POST."""

    async def responder(req: Any, resp: Any) -> None:
        answer(req, resp)

    names = [n.lower().replace("-", "_") for n in methods or ("GET", "HEAD", "POST")]
    app = App()
    app.add_route("/", SimpleNamespace(**{f"on_{name}": responder for name in names}))
    return app


def telling(read: Callable[[Any], object]) -> App:
    """Give an App that tells what a function makes of a request."""
    return app_of(lambda req, resp: setattr(resp, "media", read(req)))


def raising(exc: Exception) -> App:
    """Give an App that raises an exception."""

    def answer(req: Any, resp: Any) -> None:
        raise exc

    return app_of(answer)

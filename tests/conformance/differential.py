"""One application in two frameworks: the same requests are sent to Falcon and to falconws.

An application is built by a function of the framework, which stands for the module ``falcon`` in
it: ``build(falcon)`` makes one of Falcon's, ``build(falconws.core)`` one of ours. That is the way
in which an application of Falcon's moves over.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import falcon
import falcon.asgi

import falconws.core

__all__ = ("Answer", "Build", "Exchange", "ask", "both", "same")

Build = Callable[[Any], Any]
"""Makes an ASGI application with a framework: Falcon's module, or `falconws.core`."""

# Their values are lists whose order says nothing.
_SETS = ("allow", "vary", "access-control-allow-methods")


@dataclass
class Exchange:
    """A request, as a server would put it."""

    path: str = "/"
    method: str = "GET"
    query: bytes = b""
    headers: Iterable[tuple[str, str]] = ()
    body: Iterable[bytes] = (b"",)
    scope: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Answer:
    """What came back.

    Attributes:
        status: None if there was no response.
        headers: Pairs in the order of their names.
        body: The whole of it.
        error: The name of the exception that the application let through to the server.
    """

    status: int | None
    headers: list[tuple[str, str]]
    body: bytes
    error: str | None = None

    def header(self, name: str) -> str | None:
        """Give a header's value; repeated ones joined."""
        found = [value for key, value in self.headers if key == name]
        return ", ".join(found) if found else None

    def comparable(self) -> tuple[object, ...]:
        """Give what has to be equal: JSON by its meaning, sets without their order."""
        body: object = self.body
        headers = [(n, self._meaning(n, v)) for n, v in self.headers]
        if self.body and "json" in (self.header("content-type") or ""):
            try:
                body = json.loads(self.body)
            except ValueError:
                pass
            else:  # The one writes it with spaces, the other without.
                headers = [(n, v) for n, v in headers if n != "content-length"]
        return self.status, headers, body, self.error

    def _meaning(self, name: str, value: str) -> object:
        if name in _SETS:
            return frozenset(member.strip().lower() for member in value.split(","))
        return value


async def ask(app: Any, exchange: Exchange) -> Answer:
    """Send a request to an application, and wait for its whole answer."""
    chunks = list(exchange.body)
    events = [
        {"type": "http.request", "body": chunk, "more_body": index + 1 < len(chunks)}
        for index, chunk in enumerate(chunks)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        if events:
            return events.pop(0)
        return await asyncio.Event().wait()  # The client stays.

    async def send(event: Any) -> None:
        sent.append(event)

    error = None
    try:
        async with asyncio.timeout(10):
            await app(_scope(exchange), receive, send)
    except Exception as exc:
        error = type(exc).__name__
    start = sent[0] if sent else {"status": None, "headers": []}
    headers = sorted(
        (n.decode("latin-1"), v.decode("latin-1")) for n, v in start["headers"]
    )
    body = b"".join(event.get("body", b"") for event in sent[1:])
    return Answer(start["status"], headers, body, error)


def _scope(exchange: Exchange) -> dict[str, Any]:
    raw = [
        (n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in exchange.headers
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": exchange.method,
        "scheme": "http",
        "path": exchange.path,
        "raw_path": exchange.path.encode(),
        "query_string": exchange.query,
        "root_path": "",
        "headers": raw,
        "client": ("192.0.2.7", 4711),
        "server": ("example.org", 8000),
        **exchange.scope,
    }


def both(build: Build, exchange: Exchange) -> tuple[Answer, Answer]:
    """Give Falcon's answer to a request, and ours."""

    async def ask_both() -> tuple[Answer, Answer]:
        theirs = await ask(build(falcon), exchange)
        return theirs, await ask(build(falconws.core), exchange)

    return asyncio.run(ask_both())


def same(build: Build, exchange: Exchange) -> Answer:
    """Assert that both give the same answer, and give it."""
    theirs, ours = both(build, exchange)
    assert ours.comparable() == theirs.comparable()
    return ours

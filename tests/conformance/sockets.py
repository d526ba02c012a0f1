"""A WebSocket in two frameworks, with a server that holds both to the ASGI specification."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.conformance.apps import FRAMEWORKS
from tests.conformance.outcomes import shown

__all__ = (
    "DENIAL",
    "Act",
    "Application",
    "Notes",
    "Talk",
    "both",
    "disconnect",
    "here",
    "message",
    "responding",
    "same",
)

DENIAL: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}
"""What a scope has where the server can answer a handshake with an HTTP response."""

# ASGI WebSocket: what may be sent next, and what that leads to.
_NEXT: dict[str, dict[str, str]] = {
    "unconnected": {},
    "unanswered": {
        "websocket.accept": "open",
        "websocket.close": "over",
        "websocket.http.response.start": "denied",
    },
    "open": {"websocket.send": "open", "websocket.close": "over"},
    "denied": {"websocket.http.response.body": "denied"},
    "over": {},
}
_KEYS: dict[str, dict[str, type]] = {
    "websocket.accept": {"subprotocol": str, "headers": list},
    "websocket.send": {"text": str, "bytes": bytes},
    "websocket.close": {"code": int, "reason": str},
    "websocket.http.response.start": {"status": int, "headers": list},
    "websocket.http.response.body": {"body": bytes, "more_body": bool},
}
# Where these say nothing they may as well be missing.
_OPTIONAL = ("subprotocol", "headers", "reason")


class Notes(list[str]):
    """What a responder has found out, as text."""

    async def __call__(self, result: Awaitable[object]) -> None:
        """Note what a coroutine returns or raises."""
        try:
            self.append(shown(await result))
        except Exception as exc:
            kinds = [kind.__name__ for kind in type(exc).__mro__]
            # Subclasses of Python's own are not the same in both.
            name = "ValueError" if "UnicodeError" in kinds else kinds[0]
            self.append(f"{name} {getattr(exc, 'code', '')}".rstrip())


Application = Callable[[Any, Notes], Any]
"""Makes an ASGI application with a framework; its responder notes something."""

Act = Callable[[Any, Any, Notes], Awaitable[object]]
"""What a responder does with the framework, the WebSocket, and the notes that it may take."""


@dataclass
class Talk:
    """What came of a connection.

    Attributes:
        sent: The events that the application sent, without those that the server failed to send.
        notes: What the responder noted.
        error: The name of the exception that the application let through to the server; None for
            none.
        failures: How often the server failed to send.
        left: What the application has not received.
    """

    sent: list[dict[str, Any]] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    error: str | None = None
    failures: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)

    @property
    def short(self) -> str:
        """What was sent and raised, in short: ``'accept, close 1000'``, ``'denied 404'``."""
        raised = [f"raised {self.error}"] if self.error else []
        return ", ".join([*filter(None, map(_short, self.sent)), *raised])

    def comparable(self) -> tuple[object, ...]:
        """Give what has to be equal."""
        sent = [
            {k: v for k, v in event.items() if v or k not in _OPTIONAL}
            for event in self.sent
        ]
        return sent, self.notes, self.error


def _short(event: Mapping[str, Any]) -> str:
    match event["type"]:
        case "websocket.close":
            return f"close {event['code']}"
        case "websocket.http.response.start":
            return f"denied {event['status']}"
        case "websocket.http.response.body":
            return ""
        case other:
            return str(other.removeprefix("websocket."))


async def serve(
    application: Application,
    falcon: Any,
    *,
    events: Iterable[Mapping[str, Any]] = (),
    first: str = "websocket.connect",
    spec_version: str = "2.3",
    breaks: Exception | None = None,
    breaks_at: int = 1,
    **scope: Any,
) -> Talk:
    """Serve one connection.

    Args:
        application: Makes the ASGI application.
        falcon: The framework that it makes it with.
        events: What it may receive after the first event. At the end of them the client waits
            until it is closed.
        first: The type of the first event.
        spec_version: That of ASGI WebSocket.
        breaks: What the server raises when it cannot send; None if it always can.
        breaks_at: How many events it can send before that.
        **scope: Added to the least that a scope may have.
    """
    talk = Talk(left=[{"type": first}, *map(dict, events)])
    state = "unconnected"
    over = asyncio.Event()
    faults: list[str] = []  # An application might recover from an AssertionError.

    async def receive() -> dict[str, Any]:
        nonlocal state
        state = "unanswered" if state == "unconnected" else state
        if talk.left:
            return talk.left.pop(0)
        await over.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(event: dict[str, Any]) -> None:
        nonlocal state
        await asyncio.sleep(0)  # as a server does that has to wait for its client
        if breaks is not None and len(talk.sent) == breaks_at:
            talk.failures += 1
            over.set()
            raise breaks
        faults.extend(_faults(state, event))
        talk.sent.append(event)
        state = _NEXT[state].get(event["type"], state)
        if state == "denied" and "body" in event and not event.get("more_body"):
            state = "over"
        if state == "over":
            over.set()

    least = {"type": "websocket", "path": "/", "headers": [], "query_string": b""}
    asgi = {"version": "3.0", "spec_version": spec_version}
    try:
        async with asyncio.timeout(10):
            app = application(falcon, talk.notes)
            await app({**least, "asgi": asgi, **scope}, receive, send)
    except Exception as exc:
        talk.error = type(exc).__name__
    assert faults == []
    return talk


def _faults(state: str, event: dict[str, Any]) -> Iterable[str]:
    kind = event["type"]
    if kind not in _NEXT[state]:
        yield f"{event} when {state}"
        return
    for key, value in event.items():
        allowed = _KEYS[kind].get(key)
        is_absent = value is None and key in ("text", "bytes", "subprotocol")
        if key != "type" and not is_absent and type(value) is not allowed:
            yield f"{key} of {event}"
    for name, value in event.get("headers", ()):
        is_lower = name == name.lower() and not name.startswith(b":")
        if (type(name), type(value), is_lower) != (bytes, bytes, True):
            yield f"{name!r} of {event}"
    if kind == "websocket.send":
        if (event.get("text") is None) == (event.get("bytes") is None):
            yield f"not one payload: {event}"


def responding(act: Act, **options: Any) -> Application:
    """Give the maker of an App with a responder for ``/``.

    Args:
        act: What that does.
        **options: Set on the App's ``ws_options``.
    """

    def make(falcon: Any, notes: Notes) -> Any:
        async def on_websocket(req: Any, ws: Any) -> None:
            await act(falcon, ws, notes)

        app = falcon.asgi.App()
        for name, value in options.items():
            setattr(app.ws_options, name, value)
        app.add_route("/", SimpleNamespace(on_websocket=on_websocket))
        return app

    return make


def both(application: Application, **server: Any) -> tuple[Talk, Talk]:
    """Give what comes of a connection in Falcon, and here."""
    theirs, ours = (
        asyncio.run(serve(application, framework, **server)) for framework in FRAMEWORKS
    )
    return theirs, ours


def same(application: Application, **server: Any) -> Talk:
    """Assert that the same comes of it in both, and give it."""
    theirs, ours = both(application, **server)
    assert ours.comparable() == theirs.comparable()
    return ours


def here(application: Application, **server: Any) -> Talk:
    """Give what comes of a connection here."""
    return asyncio.run(serve(application, FRAMEWORKS[1], **server))


def message(payload: str | bytes) -> dict[str, Any]:
    """Give the event of a message."""
    key = "text" if isinstance(payload, str) else "bytes"
    return {"type": "websocket.receive", key: payload}


def disconnect(code: int | None = None, **more: Any) -> dict[str, Any]:
    """Give the event of the client's end; None for one without a code."""
    event = {"type": "websocket.disconnect", **more}
    return event if code is None else event | {"code": code}

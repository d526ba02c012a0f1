"""ASGI 3: WebSocket 2.0 to 2.5. What is sent is held to it by `tests.conformance.sockets`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conformance.manifest import requirement
from tests.conformance.sockets import (
    DENIAL,
    Notes,
    disconnect,
    here,
    message,
    responding,
)

VERSIONS = ["2.0", "2.1", "2.2", "2.3", "2.4", "2.5"]
OPERATIONS: list[Callable[[Any], Any]] = [
    lambda ws: ws.accept(),
    lambda ws: ws.accept(headers={"X-A": "b"}),
    lambda ws: ws.close(4000, "Enough."),
    lambda ws: ws.deny(404, [(b"x-a", b"b")], b"No."),
    lambda ws: ws.send_text("a"),
    lambda ws: ws.send_data(memoryview(b"a")),
    lambda ws: ws.send_media(None),
    lambda ws: ws.receive_text(),
    lambda ws: ws.receive_media(),
]


async def accept(falcon: Any, ws: Any, notes: Notes) -> None:
    await ws.accept()
    notes.append(f"{ws.subprotocols} {ws.query_string!r} {ws.client_address}")


@requirement("asgi:websocket:connect")
@requirement("asgi:websocket:order")
@requirement("asgi:websocket:send")
@requirement("asgi:websocket:accept-headers")
@requirement("asgi:websocket:close-reason")
@requirement("asgi:websocket:denial")
@requirement("asgi:websocket:send-fails")
@given(
    st.lists(st.integers(0, len(OPERATIONS) - 1), max_size=6),
    st.lists(st.sampled_from(["1", b"\x01", "{"]), max_size=3),
    st.sampled_from(VERSIONS),
    st.booleans(),
    st.none() | st.integers(0, 3),
)
@example([0, 2, 2, 4], [], "2.3", True, None)
@example([3, 0, 2], [], "2.3", True, None)
@example([0, 4, 4, 2], [], "2.4", True, 1)
@settings(max_examples=200)
def test_what_is_sent_is_what_may_be_sent(
    operations: list[int],
    payloads: list[Any],
    version: str,
    denial: bool,
    breaks_at: int | None,
) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        for operation in operations:
            await notes(OPERATIONS[operation](ws))

    found = here(
        responding(act),
        events=[*map(message, payloads), disconnect(1001)],
        spec_version=version,
        breaks=None if breaks_at is None else OSError(),
        breaks_at=breaks_at,
        **(DENIAL if denial else {}),
    )
    assert (found.error, found.failures <= 1) == (None, True)
    keys = {(event["type"], key) for event in found.sent for key in event}
    assert ("websocket.close", "reason") not in keys or version >= "2.3"
    assert ("websocket.accept", "headers") not in keys or version >= "2.1"
    assert denial or "denied" not in found.short


@requirement("asgi:websocket:denial")
@pytest.mark.parametrize("extensions", [{}, None, {"tls": {}}, "missing"])
def test_a_denial_takes_an_extension(extensions: Any) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        raise falcon.HTTPGone(description="Sold.")

    start, body = here(responding(act), **DENIAL).sent
    assert (start["status"], json.loads(body["body"])["description"]) == (410, "Sold.")
    headers = dict(start["headers"])
    assert int(headers[b"content-length"]) == len(body["body"])
    scope = {} if extensions == "missing" else {"extensions": extensions}
    assert here(responding(act), **scope).short == "close 1000"


@requirement("asgi:websocket:scope-defaults")
@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"asgi": {"version": "3.0"}},
        {"subprotocols": None, "client": None, "extensions": None, "state": {}},
    ],
)
def test_a_scope_may_lack_much(scope: dict[str, Any]) -> None:
    found = here(responding(accept), **scope)
    assert found.notes == ["() '' None"]
    assert found.short == "accept, close 1000"

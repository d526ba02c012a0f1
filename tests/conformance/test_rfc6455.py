"""RFC 6455: WebSockets, as far as a framework answers for them; frames are the server's.

How they end is in `test_falcon_websocket.py`, beside Falcon's.
"""

from __future__ import annotations

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

_tokens = st.text("abc", min_size=1, max_size=2)


@requirement("rfc6455:4.2.2:subprotocol")
@given(st.lists(_tokens, max_size=3), st.none() | _tokens | st.just(""))
@example(["a"], "b")
@example(["b", "a"], "a")
@settings(max_examples=50)
def test_a_subprotocol_is_one_of_the_clients(
    offered: list[str], wanted: str | None
) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        await notes(ws.accept(wanted))

    found = here(responding(act), subprotocols=offered)
    if wanted is None or wanted in offered:
        assert found.short == "accept, close 1000"
        assert found.sent[0].get("subprotocol") == wanted
    else:
        assert (found.short, found.notes) == ("close 1000", ["ValueError"])


@requirement("rfc6455:4.2.2:refusal")
def test_a_handshake_can_be_refused_with_a_challenge() -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        raise falcon.HTTPUnauthorized(challenges=['Basic realm="a"'])

    found = here(responding(act), **DENIAL)
    assert found.short == "denied 401"
    assert (b"www-authenticate", b'Basic realm="a"') in found.sent[0]["headers"]


async def receive(falcon: Any, ws: Any, notes: Notes) -> None:
    await ws.accept()
    try:
        await ws.receive_text()
    except falcon.WebSocketDisconnected as exc:
        notes.append(f"{exc.code} {exc.reason}")
        raise


@requirement("rfc6455:7.1.5:code")
@requirement("rfc6455:7.1.6:reason")
@requirement("asgi:websocket:disconnect")
@given(st.none() | st.integers(1000, 4999), st.none() | st.text(), st.booleans())
@settings(max_examples=50)
def test_the_application_is_told_how_it_ended(
    code: int | None, reason: str | None, absent: bool
) -> None:
    more = {} if absent and reason is None else {"reason": reason}
    found = here(responding(receive), events=[disconnect(code, **more)])
    assert found.notes == [f"{code or 1005} {reason or ''}"]
    assert found.short == "accept"


@requirement("rfc6455:7.1.5:broken-off")
@requirement("asgi:websocket:send-fails")
@pytest.mark.parametrize("at", [0, 1])
def test_a_connection_that_broke_off_has_1006(at: int) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        await notes(ws.accept())
        await notes(ws.send_text("a"))
        await notes(ws.send_text("b"))
        await notes(ws.receive_text())

    found = here(responding(act), spec_version="2.4", breaks=OSError(), breaks_at=at)
    assert found.notes == ["None"] * at + ["WebSocketDisconnected 1006"] * (4 - at)
    assert (found.failures, found.error) == (1, None)


@requirement("rfc6455:8.1:utf-8")
@given(st.text())
@settings(max_examples=50)
def test_text_comes_as_it_was_sent(text: str) -> None:
    async def echo(falcon: Any, ws: Any, notes: Notes) -> None:
        await ws.accept()
        await ws.send_text(await ws.receive_text())

    found = here(responding(echo), events=[message(text)])
    assert found.sent[1] == {"type": "websocket.send", "text": text}


async def accept(falcon: Any, ws: Any, notes: Notes) -> None:
    await ws.accept()


@requirement("rfc6455:10.2:origin")
@pytest.mark.parametrize(
    ("origin", "scheme", "status"),
    [
        (None, "ws", None),
        ("http://a.test:80", "ws", None),
        ("https://a.test:80", "wss", None),
        ("http://a.test:80", "wss", 403),
        ("http://a.test:8000", "ws", 403),
        ("http://b.test:80", "ws", 403),
        ("http://a.test.b.test:80", "ws", 403),
        ("null", "ws", 403),
        ("", "ws", 403),
    ],
)
def test_a_page_of_another_origin_may_not_connect(
    origin: str | None, scheme: str, status: int | None
) -> None:
    headers = [(b"host", b"a.test:80")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    found = here(responding(accept), headers=headers, scheme=scheme, **DENIAL)
    assert found.short == (f"denied {status}" if status else "accept, close 1000")

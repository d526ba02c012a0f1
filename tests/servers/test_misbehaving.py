"""What clients and responders do wrong, and what comes of it on each server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.conftest import PATIENCE

from .clients import frame, opened, upgraded
from .serving import SERVERS, Served, serving

APPLICATION = """
import asyncio

from falconws.core import App
from falconws.ws import WebSocketDisconnected, WebSocketOptions, WebSockets


def tell(name, exc):
    print(f"{name}: {type(exc).__name__} {getattr(exc, 'code', '')}", flush=True)


class Wrong:
    async def on_websocket_receiving(self, req, ws, name):
        await ws.accept()
        try:
            while True:
                await ws.receive_text()
        except Exception as exc:
            tell(name, exc)
            raise

    async def on_websocket_sending(self, req, ws, name):
        await ws.accept()
        try:
            while True:
                await ws.send_text("x")
                await asyncio.sleep(0.01)
        except Exception as exc:
            tell(name, exc)
            raise

    async def on_websocket_late(self, req, ws, name):
        try:
            print("late", flush=True)
            await gate.wait()
            await ws.accept()
            await ws.receive_text()
        except Exception as exc:
            tell(name, exc)
        finally:
            print(f"{name}: closed {ws.closed}", flush=True)

    async def on_post_gate(self, req, resp):
        gate.set()

    async def on_websocket_twice(self, req, ws, name):
        await ws.accept()
        await ws.accept()

    async def on_websocket_closed(self, req, ws, name):
        await ws.accept()
        await ws.close(4000, "enough")
        for send in (ws.send_text("x"), ws.send_data(b"x"), ws.receive_text()):
            try:
                await send
            except Exception as exc:
                tell(name, exc)
        await ws.close()

    async def on_websocket_binary(self, req, ws, name):
        await ws.accept()
        await ws.receive_data()

    async def on_websocket_media(self, req, ws, name):
        await ws.accept()
        await ws.receive_media()


gate = asyncio.Event()
options = WebSocketOptions(max_message_size=1000, disconnect_grace=0.5)
app = App(extensions=[WebSockets(options)])
for kind in "receiving sending late twice closed binary media".split():
    app.add_route(f"/{kind}/{{name}}", Wrong(), suffix=kind)
app.add_route("/gate", Wrong(), suffix="gate")
"""


@pytest.fixture(scope="module", params=SERVERS)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("misbehaving")
    with serving(APPLICATION, folder, request.param) as served:
        yield served


# RFC 6455: what of a frame makes a server fail the connection (5.2, 5.5, 7.4, 8.1).
BAD_FRAMES = {
    "close-of-one-byte": frame(8, b"\x03"),
    "close-999": frame(8, (999).to_bytes(2)),
    "close-1004": frame(8, (1004).to_bytes(2)),
    "close-1005": frame(8, (1005).to_bytes(2)),
    "close-1006": frame(8, (1006).to_bytes(2)),
    "close-2999": frame(8, (2999).to_bytes(2)),
    "close-5000": frame(8, (5000).to_bytes(2)),
    "close-reason-not-utf-8": frame(8, (1000).to_bytes(2) + b"\xff\xff"),
    "unmasked": b"\x81\x01x",
    "reserved-opcode": frame(3, b"x"),
    "reserved-bit": bytes([0xC1]) + frame(1, b"x")[1:],
    "continuation-of-nothing": frame(0, b"x"),
    "long-ping": frame(9, b"x" * 126),
    "text-not-utf-8": frame(1, b"\xff\xfe"),
}
NOT_UTF_8 = {"close-reason-not-utf-8", "text-not-utf-8"}


def codes(name: str, bad: str) -> set[str]:
    """Give the codes that a responder may be told."""
    if name.startswith("uvicorn"):
        return {"1007"} if bad in NOT_UTF_8 else {"1002"}
    # These two do not tell what was wrong, but for granian some close codes.
    return {"1006"} if name == "hypercorn" else {"1002", "1005"}


@pytest.mark.parametrize("kind", ["receiving", "sending"])
async def test_a_frame_that_is_not_valid_is_a_disconnect_for_the_responder(
    kind: str, served: Served
) -> None:
    async def misbehave(bad: str) -> None:
        async with upgraded(served.port, f"/{kind}/{kind}-{bad}") as (_, writer):
            writer.write(BAD_FRAMES[bad])
            words = f"{kind}-{bad}: (\\w+) (\\d+)"
            said = await asyncio.to_thread(served.server.wait_for, words)
        assert said[1] == "WebSocketDisconnected"
        # One that sends may be told by its send, which knows no code.
        assert said[2] in codes(served.name, bad) | (
            {"1006"} if kind == "sending" else set()
        )

    await asyncio.gather(*map(misbehave, BAD_FRAMES))
    # uvicorn logs a traceback of its own for text that is no UTF-8.
    assert "falconws/" not in served.server.output


async def test_a_client_that_leaves_before_accept_ends_the_responder(
    served: Served,
) -> None:
    async with upgraded(served.port, "/late/early", answered=False):
        await asyncio.to_thread(served.server.wait_for, "late")
    if served.name == "granian":  # It tells nothing of it before the answer.
        async with httpx.AsyncClient() as client:
            await client.post(f"{served.url}/gate")
        words = "early: WebSocketDisconnected 1005"
        await asyncio.to_thread(served.server.wait_for, words)
    await asyncio.to_thread(served.server.wait_for, "early: closed True")


async def test_accept_comes_once_and_a_second_one_is_a_bug(served: Served) -> None:
    code, reason = await closed_by(served, "/twice/twice")
    assert (code, reason) == (1011, "Internal Server Error")
    said = served.server.wait_for(
        "Unhandled exception in WebSocket /twice/twice(.|\\n)*"
    )
    assert (
        "OperationNotAllowed: The handshake of this WebSocket was answered" in said[0]
    )


async def test_what_is_sent_behind_a_close_is_a_disconnect_with_its_code(
    served: Served,
) -> None:
    assert await closed_by(served, "/closed/closed") == (4000, "enough")
    said = "closed: WebSocketDisconnected 4000\n"
    await asyncio.to_thread(served.server.wait_for, said * 3)


@pytest.mark.parametrize(
    ("path", "message", "code", "reason"),
    [
        ("/receiving/large", "x" * 1001, 1009, "at most 1000 bytes"),
        ("/receiving/binary", b"x", 1003, "Unsupported Data"),
        ("/binary/text", "x", 1003, "Unsupported Data"),
        ("/media/json", "{", 1007, "JSON"),
        ("/media/msgpack", b"\xc1", 1007, "MessagePack"),
    ],
)
async def test_a_message_that_is_not_welcome_closes_with_its_code(
    path: str, message: str | bytes, code: int, reason: str, served: Served
) -> None:
    received, said = await closed_by(served, path, message)
    assert received == code
    assert reason in said
    assert f"Unhandled exception in WebSocket {path}" not in served.server.output


async def closed_by(
    served: Served, path: str, *messages: str | bytes
) -> tuple[int, str]:
    """Give the close code and reason that a client gets that sends messages."""
    async with asyncio.timeout(PATIENCE), await opened(served.ws_url + path) as ws:
        for message in messages:
            await ws.send(message)
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason

"""The proposal of the interface by example: each of its alternatives."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from .conftest import both_protocols

if TYPE_CHECKING:
    from tests.conftest import Serve, Server

PATIENCE = 30.0

# {'event': 'message'} in MessagePack: a map of one pair, strings of five and seven bytes.
MESSAGE = b"\x81\xa5event\xa7message"


@pytest.fixture
def proposal(programs: Path) -> Path:
    return programs / "proposal"


def open_messages(server: Server, account: str = "42") -> connect:
    return connect(
        f"{server.ws_url}/{account}/messages", subprotocols=[Subprotocol("wamp")]
    )


def test_a_resource_with_a_websocket_answers_a_regular_get(
    serve: Serve, proposal: Path
) -> None:
    server = serve("feed:app", proposal)

    response = httpx.get(f"{server.url}/42/messages")

    assert response.status_code == 200
    assert response.content == b""


async def test_the_feed_pushes_each_event_as_text_as_data_and_as_media(
    serve: Serve, proposal: Path
) -> None:
    server = serve("feed:app", proposal)

    async with asyncio.timeout(PATIENCE), open_messages(server) as ws:
        for number in (1, 2):
            event = f"event {number}: naïve"
            assert await ws.recv() == event
            assert await ws.recv() == event.encode()
            media = await ws.recv()
            assert isinstance(media, str)
            assert json.loads(media) == event


async def test_the_feed_goes_on_for_others_when_a_client_has_left(
    serve: Serve, proposal: Path
) -> None:
    server = serve("feed:app", proposal)

    async with asyncio.timeout(PATIENCE), open_messages(server, "1") as staying:
        async with open_messages(server, "2") as leaving:
            await leaving.recv()
        for _ in range(
            9
        ):  # Three events; a send to the one who left would be among them.
            await staying.recv()


@both_protocols
async def test_a_subprotocol_that_the_client_offers_is_accepted(
    serve: Serve, proposal: Path
) -> None:
    server = serve("feed:app", proposal)
    offered = [Subprotocol("other"), Subprotocol("wamp")]

    async with (
        asyncio.timeout(PATIENCE),
        connect(f"{server.ws_url}/42/messages", subprotocols=offered) as ws,
    ):
        assert ws.subprotocol == "wamp"


@pytest.mark.parametrize("offered", [None, [Subprotocol("mqtt")]])
async def test_a_client_without_the_subprotocol_gets_a_403(
    serve: Serve, proposal: Path, offered: list[Subprotocol] | None
) -> None:
    server = serve("feed:app", proposal)

    with pytest.raises(InvalidStatus) as caught:
        async with (
            asyncio.timeout(PATIENCE),
            connect(f"{server.ws_url}/42/messages", subprotocols=offered),
        ):
            pass

    assert caught.value.response.status_code == 403


@both_protocols
async def test_a_close_before_accept_is_a_403(serve: Serve, proposal: Path) -> None:
    server = serve("rejecting:app", proposal)

    with pytest.raises(InvalidStatus) as caught:
        async with asyncio.timeout(PATIENCE), open_messages(server):
            pass

    assert caught.value.response.status_code == 403


async def turn(ws: ClientConnection, media: str | bytes) -> None:
    """Send what a whole turn of the conversation receives."""
    await ws.send("text")
    await ws.send(b"data")
    await ws.send(media)


@pytest.mark.parametrize("media", ['{"a": 1}', b"\x81\xa1a\x01"])
async def test_text_data_and_media_of_both_kinds_are_received_one_after_the_other(
    serve: Serve, proposal: Path, media: str | bytes
) -> None:
    server = serve("conversation:app", proposal)

    async with asyncio.timeout(PATIENCE), open_messages(server) as ws:
        await turn(ws, media)
        assert await ws.recv() == MESSAGE


async def test_a_message_of_the_wrong_kind_is_a_type_error_and_not_the_end(
    serve: Serve, proposal: Path
) -> None:
    server = serve("conversation:app", proposal)

    async with asyncio.timeout(PATIENCE), open_messages(server) as ws:
        # That each is answered shows that it ended its turn.
        await ws.send(b"data where text is expected")
        assert await ws.recv() == MESSAGE
        await ws.send("text")
        await ws.send("text where data is expected")
        assert await ws.recv() == MESSAGE
        await turn(ws, "{}")
        assert await ws.recv() == MESSAGE


async def test_malformed_json_is_a_json_decode_error_and_not_the_end(
    serve: Serve, proposal: Path
) -> None:
    server = serve("conversation:app", proposal)

    async with asyncio.timeout(PATIENCE), open_messages(server) as ws:
        await turn(ws, '{"a": ')
        assert await ws.recv() == MESSAGE
        await turn(ws, "{}")
        assert await ws.recv() == MESSAGE


@both_protocols
async def test_the_conversation_is_closed_with_1000_when_it_is_over(
    serve: Serve, proposal: Path
) -> None:
    server = serve("conversation:app", proposal)

    async with asyncio.timeout(PATIENCE), open_messages(server) as ws:
        for _ in range(3):
            await turn(ws, "{}")
            assert await ws.recv() == MESSAGE
        await turn(ws, "{}")
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()

    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1000


async def test_loops_in_parallel_send_and_receive_independently(
    serve: Serve, proposal: Path
) -> None:
    server = serve("parallel:app", proposal)
    texts = [f"message {number}" for number in range(20)]

    async with asyncio.timeout(PATIENCE), open_messages(server) as ws:
        for text in texts:
            await ws.send(text)
        assert [await ws.recv() for _ in texts] == texts


@both_protocols
async def test_loops_in_parallel_end_with_their_connection(
    serve: Serve, proposal: Path
) -> None:
    server = serve("parallel:app", proposal)

    async with asyncio.timeout(PATIENCE):
        async with open_messages(server) as ws:
            await ws.send("Hi")
            assert await ws.recv() == "Hi"
        async with open_messages(server) as ws:
            await ws.send("Hi again")
            assert await ws.recv() == "Hi again"


async def test_middleware_is_called_without_the_socket_if_it_does_not_take_one(
    serve: Serve, proposal: Path
) -> None:
    server = serve("middleware:app", proposal)

    async with asyncio.timeout(PATIENCE), open_messages(server) as ws:
        await ws.recv()

    server.wait_for(
        r"Before routing: /42/messages None\n"
        r"After routing: SomeResource \{'account_id': '42'\}\n"
    )


async def test_text_media_goes_through_rapidjson(serve: Serve, proposal: Path) -> None:
    server = serve("handlers:app", proposal)
    # More than 64 bits are exact with RapidJSON, and refused or rounded by other libraries.
    media = '{"naïve":[1180591620717411303425,null]}'

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/42/media") as ws:
        await ws.send(media)
        assert await ws.recv() == f'{{"received":{media}}}'


@both_protocols
async def test_binary_media_goes_through_protocol_buffers(
    serve: Serve, proposal: Path
) -> None:
    server = serve("handlers:app", proposal)

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/42/media") as ws:
        # Field 1 is a string of five bytes, field 2 the number 300 (a varint).
        await ws.send(b"\x0a\x05hello\x10\xac\x02")
        assert await ws.recv() == b"\x0a\x05HELLO\x10\xac\x02"


async def test_the_feed_s_media_goes_through_the_handler_for_text(
    serve: Serve, proposal: Path
) -> None:
    server = serve("handlers:app", proposal)

    async with asyncio.timeout(PATIENCE), open_messages(server) as ws:
        text, _, media = [await ws.recv() for _ in range(3)]

    assert media == f'"{text!s}"'

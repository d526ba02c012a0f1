"""Messages for many clients, on servers that frame them once and on those that do not."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import PATIENCE

from .clients import opened
from .conftest import Start
from .serving import SERVERS

APPLICATION = """
from falconws.core import App
from falconws.ws import SharedMessage, broadcast

members = set()


class Room:
    async def on_websocket(self, req, ws):
        await ws.accept()
        members.add(ws)
        await ws.send_text("here")
        try:
            async for message in ws:
                if message == "one more than fits":
                    # To one that does not read, until the server takes no more at once.
                    number = 0
                    large = [SharedMessage(f"{n:08}" * 10_000) for n in range(2_000)]
                    while number < len(large) and ws.send_shared(large[number]):
                        number += 1
                    print(f"full behind {number}", flush=True)
                    await ws.send_text(f"waited behind {number}")
                    number += ws.send_shared(SharedMessage("behind"))
                else:
                    await ws.send_text(f"before {message}")
                    await broadcast(members, message)
                    await ws.send_text(f"behind {message}")
        finally:
            members.discard(ws)


app = App()
app.add_route("/", Room())
"""


@pytest.mark.parametrize("server", SERVERS)
async def test_a_broadcast_comes_in_order_to_all_that_are_there(
    server: str, start: Start
) -> None:
    served = start(APPLICATION, server)
    async with asyncio.timeout(PATIENCE):
        speaker, listener, leaver = [await opened(served.ws_url) for _ in range(3)]
        for client in (speaker, listener, leaver):
            assert await client.recv() == "here"
        leaver.transport.abort()
        texts = ["first", "second äöü €", "x" * 70_000]
        for text in texts:
            await speaker.send(text)
        for text in texts:
            assert await speaker.recv() == f"before {text}"
            assert await speaker.recv() == text
            assert await speaker.recv() == f"behind {text}"
            assert await listener.recv() == text
        await speaker.close()
        await listener.close()


async def test_a_client_that_reads_late_gets_what_was_shared_in_order(
    start: Start,
) -> None:
    served = start(APPLICATION, "uvicorn-falconws")
    async with asyncio.timeout(PATIENCE):
        async with await opened(served.ws_url, max_queue=1, compression=None) as client:
            assert await client.recv() == "here"
            client.transport.pause_reading()
            await client.send("one more than fits")
            await asyncio.to_thread(served.server.wait_for, r"full behind \d+")
            client.transport.resume_reading()
            number = 0
            while (message := await client.recv()) == f"{number:08}" * 10_000:
                number += 1
            assert message == f"waited behind {number}"
            assert 0 < number < 2_000
            assert await client.recv() == "behind"

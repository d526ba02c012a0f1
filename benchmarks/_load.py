"""A process that has WebSocket clients, and puts a load on a server: ``python -m benchmarks._load``.

It is started by `benchmarks._uvicorn`, on a core of its own, talks to 127.0.0.1 only, and ends by itself after a
time and a number of messages. What came of it is one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import picows

from ._worker import loop_factory

__all__ = ("main",)

# Messages in a round at most, whatever the time.
_MOST = 2_000_000
# Connections that are opened at the same time.
_AT_ONCE = 16
# Seconds for all that is not measured by time.
_PATIENCE = 60.0


class _Listener(picows.WSListener):
    """Calls a function for each message."""

    def __init__(self, on_message: Callable[[Any], None]) -> None:
        super().__init__()
        self._on_message = on_message

    def on_ws_frame(self, transport: Any, frame: Any) -> None:
        if frame.msg_type == picows.WSMsgType.TEXT:
            self._on_message(transport)
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(picows.WSCloseCode.OK)
            transport.disconnect()


async def _connect(
    options: argparse.Namespace, path: str, on_message: Callable[[Any], None]
) -> Any:
    url = f"ws://127.0.0.1:{options.port}{path}"
    transport, _ = await picows.ws_connect(
        lambda: _Listener(on_message), url, websocket_handshake_timeout=_PATIENCE
    )
    return transport


async def _echo(options: argparse.Namespace) -> dict[str, float]:
    """Keep a window of messages under way on each connection."""
    payload = b"x" * options.size
    text = picows.WSMsgType.TEXT
    count = 0
    stopped = False

    def answer(transport: Any) -> None:
        nonlocal count
        count += 1
        if not stopped and count < _MOST:
            transport.send(text, payload)

    transports = [
        await _connect(options, "/ws", answer) for _ in range(options.connections)
    ]
    started, busy = time.perf_counter(), time.process_time()
    for transport in transports:
        for _ in range(options.window):
            transport.send(text, payload)
    await asyncio.sleep(options.seconds)
    received, elapsed = count, time.perf_counter() - started
    busy = time.process_time() - busy
    stopped = True
    _leave(transports)
    return {"count": received, "seconds": elapsed, "busy": busy / elapsed}


async def _fan_out(options: argparse.Namespace) -> dict[str, float]:
    """Let one client make the server send messages to all."""
    expected = options.connections * options.messages
    count = 0
    complete = asyncio.Event()

    def note(transport: Any) -> None:
        nonlocal count
        count += 1
        if count == expected:
            complete.set()

    transports = [
        await _connect(options, "/room", note) for _ in range(options.connections)
    ]
    started, busy = time.perf_counter(), time.process_time()
    transports[0].send(picows.WSMsgType.TEXT, str(options.messages).encode())
    async with asyncio.timeout(_PATIENCE):
        await complete.wait()
    elapsed = time.perf_counter() - started
    busy = time.process_time() - busy
    _leave(transports)
    return {"count": count, "seconds": elapsed, "busy": busy / elapsed}


async def _connections(options: argparse.Namespace) -> dict[str, float]:
    """Open and close connections, several at the same time."""
    left = options.connections

    async def client() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            transport = await _connect(options, "/ws", lambda transport: None)
            transport.send_close(picows.WSCloseCode.OK)
            await transport.wait_disconnected()

    started, busy = time.perf_counter(), time.process_time()
    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*[client() for _ in range(_AT_ONCE)])
    elapsed = time.perf_counter() - started
    busy = time.process_time() - busy
    return {"count": options.connections, "seconds": elapsed, "busy": busy / elapsed}


async def _idle(options: argparse.Namespace) -> dict[str, float]:
    """Open connections, say so, and keep them until a line comes in.

    Before that, as many are opened and left as make the server have what it needs only once.
    """
    transports = []
    loop = asyncio.get_running_loop()
    for number in range(options.connections + options.warm):
        if number == options.warm:
            print("warm", flush=True)
            await loop.run_in_executor(None, sys.stdin.readline)
        transports.append(await _connect(options, "/ws", lambda transport: None))
    print("open", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    _leave(transports)
    return {"count": options.connections, "seconds": 0.0, "busy": 0.0}


def _leave(transports: list[Any]) -> None:
    for transport in transports:
        transport.disconnect(False)


_LOADS = {
    "echo": _echo,
    "fan-out": _fan_out,
    "connections": _connections,
    "idle": _idle,
}


def main() -> None:
    """Put a load on a server, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks._load")
    parser.add_argument("load", choices=_LOADS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--window", type=int, default=1)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--warm", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--loop", default="uvloop")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
        print(json.dumps(runner.run(_LOADS[options.load](options))), flush=True)


if __name__ == "__main__":
    main()

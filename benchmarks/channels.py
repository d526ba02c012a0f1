"""What channels cost: ``python -m benchmarks.channels [--redis URL] [--quick] [--json FILE]``.

A message is published to 1 to 5,000 subscribers, each of which calls the same coroutine function:
with falconws, with Litestar's ChannelsPlugin, and with the loop over a list that tutorials show.
Peers measure in turn, round by round; the best round counts. The latency is that from just before
a message is published until a subscriber has it, of one message after another, and its 99th
percentile is of all deliveries of the best round.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from falconws.channels import Broker, Channels, MemoryBroker, Outbox

from . import _uvicorn
from ._servers import Server

SUBSCRIBERS = (1, 10, 100, 1000, 5000)
# Deliveries in a round, about: fewer messages for more subscribers.
DELIVERIES = 50_000
LEAST_MESSAGES = 20
ROUNDS = 7
TEXT = "x" * 64
# A round that takes longer than this has lost something.
PATIENCE = 120.0

Publish = Callable[[str], Awaitable[object]]
Take = Callable[[], None]


class Counter:
    """Counts deliveries, and tells when all have come."""

    def __init__(self) -> None:
        self.left = 0
        self.done = asyncio.Event()
        self.began = 0.0
        self.latencies: list[float] = []

    def expect(self, count: int) -> None:
        self.left = count
        self.done.clear()
        self.latencies.clear()

    async def take(self, message: object) -> None:
        self.latencies.append(time.perf_counter() - self.began)
        self.left -= 1
        if not self.left:
            self.done.set()


def _broker(redis: str | None, history: int = 0) -> Broker:
    if redis is None:
        return MemoryBroker(history=history)
    from falconws.channels.redis import RedisBroker

    return RedisBroker(redis, history=history, prefix="benchmark:")


@asynccontextmanager
async def falconws(
    count: int, counter: Counter, redis: str | None
) -> AsyncIterator[Publish]:
    channels = Channels(_broker(redis), outbox=Outbox(messages=100_000))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(channels)
        for _ in range(count):
            await stack.enter_async_context(channels.subscribe("room", counter.take))
        yield lambda text: channels.publish("room", text)


@asynccontextmanager
async def litestar(
    count: int, counter: Counter, redis: str | None
) -> AsyncIterator[Publish]:
    from litestar.channels import ChannelsPlugin
    from litestar.channels.backends.memory import MemoryChannelsBackend

    backend: Any = MemoryChannelsBackend()
    async with AsyncExitStack() as stack:
        if redis is not None:
            from litestar.channels.backends.redis import RedisChannelsPubSubBackend
            from redis.asyncio import Redis

            client = await stack.enter_async_context(Redis.from_url(redis))
            backend = RedisChannelsPubSubBackend(redis=client)
        plugin = ChannelsPlugin(backend, arbitrary_channels_allowed=True)
        await stack.enter_async_context(plugin)
        for _ in range(count):
            subscriber = await plugin.subscribe("room")
            await stack.enter_async_context(
                subscriber.run_in_background(counter.take, join=False)
            )
        yield lambda text: plugin.wait_published(text, "room")


@asynccontextmanager
async def loop_over_a_list(
    count: int, counter: Counter, redis: str | None
) -> AsyncIterator[Publish]:
    members = [counter.take] * count

    async def publish(text: str) -> None:
        await asyncio.gather(*(send(text) for send in members))

    yield publish


PEERS = {
    "falconws": falconws,
    "Litestar": litestar,
    "gather": loop_over_a_list,
}


async def _fan_out(
    publish: Publish, counter: Counter, count: int, messages: int
) -> float:
    """Give deliveries per second, of messages that are published one after another."""
    counter.expect(count * messages)
    counter.began = started = time.perf_counter()
    for _ in range(messages):
        await publish(TEXT)
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        await counter.done.wait()
    return count * messages / (time.perf_counter() - started)


async def _latency(
    publish: Publish, counter: Counter, count: int, messages: int
) -> float:
    """Give the 99th percentile of seconds from publishing to having, one message at a time."""
    latencies: list[float] = []
    for _ in range(messages):
        counter.expect(count)
        counter.began = time.perf_counter()
        await publish(TEXT)
        async with asyncio.timeout(PATIENCE):
            await counter.done.wait()
        latencies += counter.latencies
    latencies.sort()
    return latencies[int(len(latencies) * 0.99)]


async def measure(
    count: int, rounds: int, redis: str | None, peers: Iterable[str] = tuple(PEERS)
) -> dict[str, dict[str, float]]:
    """Measure peers with so many subscribers, in turn."""
    messages = max(LEAST_MESSAGES, min(2000, DELIVERIES // count))
    figures: dict[str, dict[str, float]] = {}
    async with AsyncExitStack() as stack:
        running = {}
        for name in peers:
            if redis is None or name != "gather":
                counter = Counter()
                publish = await stack.enter_async_context(
                    PEERS[name](count, counter, redis)
                )
                running[name] = (publish, counter)
                figures[name] = {"rate": 0.0, "p99": float("inf")}
        await asyncio.sleep(0.2)  # subscriptions that are made behind the scenes
        for _ in range(rounds):
            for name, (publish, counter) in running.items():
                rate = await _fan_out(publish, counter, count, messages)
                p99 = await _latency(publish, counter, count, max(10, messages // 10))
                figures[name]["rate"] = max(figures[name]["rate"], rate)
                figures[name]["p99"] = min(figures[name]["p99"], p99)
    return figures


async def cost_of_nobody(redis: str | None, messages: int = 5000) -> float:
    """Give the seconds that it takes to publish where nobody is subscribed."""
    async with Channels(_broker(redis)) as channels:
        best = float("inf")
        for _ in range(5):
            started = time.perf_counter()
            for _ in range(messages):
                await channels.publish("room", TEXT)
            best = min(best, (time.perf_counter() - started) / messages)
        return best


async def cost_to_redis(
    redis: str, listeners: int, messages: int = 4000
) -> dict[str, float]:
    """Give what a message costs Redis that so many processes listen to: seconds and bytes."""
    from redis.asyncio import Redis

    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Redis.from_url(redis))
        publisher = await stack.enter_async_context(Channels(_broker(redis, 100)))
        for _ in range(
            listeners
        ):  # each has a connection of its own, as a process does
            channels = await stack.enter_async_context(Channels(_broker(redis, 100)))
            await stack.enter_async_context(channels.subscribe("room", _nothing))

        async def used() -> dict[str, float]:
            info = await client.info()
            return {
                "seconds": info["used_cpu_user"] + info["used_cpu_sys"],
                "in": info["total_net_input_bytes"],
                "out": info["total_net_output_bytes"],
            }

        await publisher.publish("room", TEXT)
        before = await used()
        for _ in range(messages):
            await publisher.publish("room", TEXT)
        after = await used()
        return {name: (after[name] - before[name]) / messages for name in after}


async def _nothing(message: object) -> None:
    pass


async def memory_of_a_subscription(count: int = 2000) -> float:
    """Give the bytes of one subscription that a WebSocket is written to by."""

    class Socket:
        async def send_text(self, payload: str) -> None: ...
        async def send_data(self, payload: bytes) -> None: ...
        async def close(self, code: int = 1000, reason: str | None = None) -> None: ...

    async with AsyncExitStack() as stack:
        channels = await stack.enter_async_context(Channels())
        sockets = [Socket() for _ in range(count + 1)]
        await stack.enter_async_context(channels.subscribe("room", sockets[-1]))
        gc.collect()
        tracemalloc.start()
        for socket in sockets[:count]:
            await stack.enter_async_context(channels.subscribe("room", socket))
        await asyncio.sleep(0)
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size / count


def on_uvicorn(redis: str | None, rounds: int) -> dict[str, float]:
    """Give what a delivery and an idle subscriber cost a server, with our protocol.

    The deliveries are of 200 messages to 500 WebSockets, the subscribers 1,000 that wait.
    """
    os.environ["BENCHMARK_REDIS"] = redis or ""
    load = _uvicorn.Load(rounds, 1.5, "uvloop")
    arguments = ["fan-out", "--connections=500", "--messages=200"]
    rate, seconds, kib = 0.0, float("inf"), float("inf")
    with Server("channels", "uvloop", _uvicorn.OWN) as server:
        for _ in range(rounds):
            before = server.cpu()
            said = _uvicorn.client(load, arguments)(server)
            used = (server.cpu() - before) / said["count"]
            rate = max(rate, said["count"] / said["seconds"])
            seconds = min(seconds, used)
    for _ in range(min(rounds, 3)):
        with Server("channels", "uvloop", _uvicorn.OWN) as server:
            kib = min(kib, _uvicorn.grown(server, load) / _uvicorn.IDLE)
    return {"rate": rate, "seconds": seconds, "kib": kib}


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.channels")
    parser.add_argument("--redis", metavar="URL", help="measure by Redis, too")
    parser.add_argument("--quick", action="store_true", help="a look: 1 round")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where figures go")
    options = parser.parse_args()
    rounds = 1 if options.quick else ROUNDS
    figures: dict[str, Any] = {}
    for redis in (None, options.redis) if options.redis else (None,):
        broker = "memory" if redis is None else "redis"
        print(f"{broker}: deliveries per second, p99 of the latency in ms")
        for count in SUBSCRIBERS:
            result = figures[f"{broker} {count}"] = await measure(count, rounds, redis)
            ours = result["falconws"]["rate"]
            cells = [
                f"{name} {each['rate']:>9,.0f} {each['p99'] * 1e3:8.3f} ms"
                + ("" if name == "falconws" else f" ({ours / each['rate']:.1f}x)")
                for name, each in result.items()
            ]
            print(f"{count:>6} subscribers   " + "   ".join(cells), flush=True)
        seconds = figures[f"{broker} nobody"] = await cost_of_nobody(redis)
        print(f"a message for nobody: {seconds * 1e6:.2f} us")
    if options.redis:
        print("what a message of 64 bytes costs Redis, with a history of 100:")
        for listeners in (0, 1, 4, 16):
            cost = await cost_to_redis(options.redis, listeners)
            figures[f"redis, {listeners} processes"] = cost
            print(
                f"{listeners:>4} processes listen: {cost['seconds'] * 1e6:6.1f} us, "
                f"{cost['in']:.0f} bytes in, {cost['out']:.0f} bytes out"
            )
    for redis in (None, options.redis) if options.redis else (None,):
        broker = "memory" if redis is None else "redis"
        cost = figures[f"{broker} on uvicorn"] = on_uvicorn(redis, rounds)
        print(
            f"{broker}, on uvicorn with our protocol, 200 messages to 500 WebSockets: "
            f"{cost['rate']:,.0f} deliveries per second, {cost['seconds'] * 1e6:.1f} us of "
            f"processor time each; an idle subscriber: {cost['kib']:.1f} KiB"
        )
    size = figures["memory of a subscription"] = await memory_of_a_subscription()
    print(f"memory of a subscription: {size / 1024:.2f} KiB")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    if sys.platform == "win32":
        asyncio.run(main())
    else:
        import uvloop

        uvloop.run(main())

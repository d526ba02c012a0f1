"""Channels over a Redis that fails, while another process publishes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from falconws.channels import (
    BrokerRefused,
    BrokerUnavailable,
    Channels,
    ChannelsError,
    Gap,
    Item,
    Message,
    Outbox,
    Position,
    Status,
)
from falconws.channels.redis import RedisBroker
from packages.channels.tests.conftest import RedisServer, require_redis

ROOT = Path(__file__).parents[2]

# Seconds that anything may take on a machine that is busy with other things.
PATIENCE = 30.0

CHANNEL = "load"

# Seconds after which a publisher gives up.
TIMEOUT = 0.5


def broker(url: str, timeout: float = TIMEOUT) -> RedisBroker:
    return RedisBroker(url, history=1_000_000, timeout=timeout)


# The other process.


async def publish(url: str) -> None:
    """Publish numbers until a line is read; then tell what became of each."""
    told: list[tuple[int, str]] = []
    is_over = asyncio.Event()
    numbers = iter(range(10**9))

    async def work(channels: Channels) -> None:
        while not is_over.is_set():
            number = next(numbers)
            try:
                receipt = await channels.publish(CHANNEL, number)
                told.append((number, receipt.id))
            except ChannelsError as exc:
                told.append((number, type(exc).__name__))
                await asyncio.sleep(0.01)

    async with Channels(broker(url)) as channels:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(4):
                tasks.create_task(work(channels))
            await asyncio.to_thread(sys.stdin.readline)
            is_over.set()
    print(json.dumps(told))


class Publisher:
    """A process that publishes as fast as it can.

    Attributes:
        receipts: The ids of the numbers that were published; there once it has ended.
        errors: What else was raised, in order.
    """

    def __init__(self, url: str) -> None:
        command = [sys.executable, "-m", "tests.channels.test_redis_faults", url]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.receipts: dict[int, str] = {}
        self.errors: list[str] = []

    async def end(self) -> None:
        """Let it end, and take what it tells: of each number it tells something."""
        out, err = await asyncio.to_thread(self._process.communicate, "\n", PATIENCE)
        assert self._process.returncode == 0, err
        told = json.loads(out)
        assert sorted(number for number, _ in told) == list(range(len(told)))
        for number, became in told:
            if ":" in became:
                self.receipts[number] = became
            else:
                self.errors.append(became)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


# This process.


class Subscriber:
    """What one subscriber is handed."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.statuses: list[Status] = []
        self._news = asyncio.Event()

    def take(self, item: Item) -> None:
        self.items.append(item)
        self._news.set()

    def note(self, status: Status) -> None:
        self.statuses.append(status)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    @property
    def messages(self) -> list[Message]:
        return [item for item in self.items if isinstance(item, Message)]

    @property
    def gaps(self) -> list[Gap]:
        return [item for item in self.items if isinstance(item, Gap)]

    @property
    def places(self) -> list[Position]:
        return [message.position for message in self.messages]

    async def more(self, count: int = 100) -> None:
        """Wait for so many messages more."""
        there = len(self.items)
        await self.until(lambda: len(self.items) >= there + count)

    def check(self) -> None:
        """All is in order, nothing comes twice, and where something is missing is a gap."""
        before: Message | None = None
        has_gap = True
        for item in self.items:
            if isinstance(item, Gap):
                has_gap = True
            else:
                assert isinstance(item, Message)
                if before is not None:
                    same = item.position.epoch == before.position.epoch
                    step = item.position.offset - before.position.offset
                    assert (same and step == 1) or has_gap, (before, item)
                    assert not same or step > 0, (before, item)
                before, has_gap = item, False
        ids = [message.id for message in self.messages]
        assert len(ids) == len(set(ids))
        numbers = [message.data for message in self.messages]
        assert len(numbers) == len(set(numbers))


class Scene:
    """A Redis, two processes' worth of subscribers, and a process that publishes."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.subscribers = [Subscriber(), Subscriber()]
        self.publisher = Publisher(server.url)

    async def more(self) -> None:
        for subscriber in self.subscribers:
            await subscriber.more()

    async def until(self, condition: Callable[[Subscriber], bool]) -> None:
        for subscriber in self.subscribers:
            await subscriber.until(partial(condition, subscriber))

    async def until_statuses(self, count: int) -> None:
        await self.until(lambda each: len(each.statuses) >= count)

    async def end(self) -> None:
        """End the publisher, and check what the subscribers have."""
        await self.publisher.end()
        receipts = self.publisher.receipts
        epoch = receipts[max(receipts)].partition(":")[0]
        places = [id_.partition(":") for id_ in receipts.values()]
        last = max(int(offset) for of, _, offset in places if of == epoch)
        await self.until(lambda each: Position(epoch, last) in each.places[-100:])
        for subscriber in self.subscribers:
            subscriber.check()

    def check_complete(self) -> None:
        """Nothing is missing: there is no gap, and all is here that there is a receipt for."""
        for subscriber in self.subscribers:
            assert subscriber.gaps == []
            received = {message.data: message.id for message in subscriber.messages}
            first = min(received)
            expected = {n: i for n, i in self.publisher.receipts.items() if n >= first}
            # What is published at once may have been given places in another order.
            missing = expected.items() - received.items()
            assert all(n <= first + 4 for n, _ in missing)

    def check_renewed(self) -> None:
        """What is received begins anew behind a gap."""
        for subscriber in self.subscribers:
            assert len({m.position.epoch for m in subscriber.messages}) == 2
            assert len(subscriber.gaps) >= 1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    require_redis()
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def scene(server: RedisServer) -> AsyncIterator[Scene]:
    scene = Scene(server)
    try:
        async with AsyncExitStack() as stack, asyncio.timeout(2 * PATIENCE):
            for subscriber in scene.subscribers:
                await stack.enter_async_context(subscribed(server.url, subscriber))
            await scene.more()
            yield scene
    finally:
        scene.publisher.kill()


@asynccontextmanager
async def subscribed(url: str, subscriber: Subscriber) -> AsyncIterator[None]:
    outbox = Outbox(messages=10**9, bytes=10**12)
    channels = Channels(broker(url, PATIENCE), on_status=subscriber.note)
    async with channels:
        async with channels.subscribe(CHANNEL, subscriber.take, outbox=outbox):
            yield


def ask(scene: Scene, *words: Any) -> Any:
    return scene.server.ask(*words)


# What fails.


async def test_a_redis_that_crashes_and_comes_back_empty_makes_one_gap(
    scene: Scene,
) -> None:
    scene.server.kill()
    await scene.until(lambda each: each.statuses[-1] is Status.CONNECTING)
    await asyncio.to_thread(scene.server.start)
    await scene.until(lambda each: each.statuses[-1] is Status.CONNECTED)
    await scene.more()
    await scene.end()
    scene.check_renewed()
    for subscriber in scene.subscribers:
        assert subscriber.statuses == [Status.CONNECTING, Status.CONNECTED] * 2


async def test_a_redis_that_crashes_and_remembers_begins_anew_behind_a_gap(
    tmp_path: Path,
) -> None:
    require_redis()
    server = RedisServer(tmp_path, "--appendonly", "yes", "--appendfsync", "no")
    server.start()
    subscriber, publisher = Subscriber(), Publisher(server.url)
    try:
        async with asyncio.timeout(PATIENCE), subscribed(server.url, subscriber):
            await subscriber.more()
            # What is written last may be lost, and be published under the same numbers.
            server.kill()
            await asyncio.to_thread(server.start)
            await subscriber.until(lambda: bool(subscriber.gaps))
            await subscriber.more()
            await publisher.end()
            subscriber.check()
            assert len({m.position.epoch for m in subscriber.messages}) == 2
    finally:
        publisher.kill()
        server.kill()


async def test_nothing_is_lost_where_connections_of_subscribers_are(
    scene: Scene,
) -> None:
    for round_ in range(2, 5):
        ask(scene, "CLIENT", "KILL", "TYPE", "pubsub")
        await scene.until_statuses(2 * round_)
        await scene.more()
    await scene.end()
    scene.check_complete()
    assert set(scene.publisher.errors) <= {"BrokerUnavailable"}


async def test_nothing_is_lost_where_connections_of_publishers_are(
    scene: Scene,
) -> None:
    for _ in range(3):
        assert ask(scene, "CLIENT", "KILL", "TYPE", "normal") > 0
        await scene.more()
    await scene.end()
    scene.check_complete()
    assert set(scene.publisher.errors) <= {"BrokerUnavailable"}


async def test_a_redis_that_stands_still_is_waited_for_and_nothing_is_lost(
    scene: Scene,
) -> None:
    async with Channels(broker(scene.server.url)) as channels:
        await channels.publish("other", "before")
        scene.server.pause()
        # The publishers have to give up as well, as they began before.
        with pytest.raises(BrokerUnavailable):
            await channels.publish("other", "meanwhile")
        scene.server.resume()
    await scene.more()
    await scene.end()
    scene.check_complete()
    assert scene.publisher.errors
    assert set(scene.publisher.errors) == {"BrokerUnavailable"}


async def test_clients_that_are_paused_are_waited_for_and_nothing_is_lost(
    scene: Scene,
) -> None:
    ask(scene, "CLIENT", "PAUSE", int(2000 * TIMEOUT))
    await scene.more()
    await scene.end()
    scene.check_complete()
    assert set(scene.publisher.errors) == {"BrokerUnavailable"}


async def test_a_redis_that_is_full_refuses_until_there_is_room(scene: Scene) -> None:
    ask(scene, "CONFIG", "SET", "maxmemory", 1)
    async with Channels(broker(scene.server.url)) as channels:
        with pytest.raises(BrokerRefused, match="maxmemory"):
            await channels.publish(CHANNEL, "too much")
    ask(scene, "CONFIG", "SET", "maxmemory", 0)
    await scene.more()
    await scene.end()
    scene.check_complete()
    assert set(scene.publisher.errors) <= {"BrokerRefused"}


async def test_a_redis_that_is_flushed_makes_a_gap(scene: Scene) -> None:
    ask(scene, "FLUSHALL")
    await scene.until(lambda each: bool(each.gaps))
    await scene.more()
    await scene.end()
    scene.check_renewed()


if __name__ == "__main__":
    asyncio.run(publish(sys.argv[1]))

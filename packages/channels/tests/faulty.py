"""A broker that loses, repeats and delays, for tests of what is above it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from falconws.channels import (
    Broker,
    BrokerUnavailable,
    History,
    Kind,
    MemoryBroker,
    Message,
    Position,
    Sink,
    Status,
)

__all__ = ("FaultyBroker",)


class FaultyBroker(Broker):
    """A `MemoryBroker` behind a network.

    Attributes:
        memory: What remembers.
        wire: Live messages and signals that have not arrived.
        delay: Gives how many turns of the loop a command takes, each way.
        down: Whether it cannot be reached.
        active: The channels that are subscribed to.
        topics: The topics that are listened to.
    """

    def __init__(self, *, delay: Callable[[], int] = lambda: 0, **options: Any) -> None:
        self.memory = MemoryBroker(**options)
        self.delay = delay
        self.down = False
        self.wire: list[Callable[[], None]] = []
        self.active: set[str] = set()
        self.topics: set[str] = set()
        self.sink: Sink | None = None

    # What goes wrong.

    def arrive(self, count: int | None = None) -> None:
        """Let so many live messages arrive, or all of them."""
        count = len(self.wire) if count is None else count
        arriving, self.wire = self.wire[:count], self.wire[count:]
        for deliver in arriving:
            deliver()

    def lose(self) -> None:
        """Lose the next live message."""
        del self.wire[:1]

    def repeat(self) -> None:
        """Let the next live message come twice."""
        self.wire[:0] = self.wire[:1]

    def cut(self) -> None:
        """Lose the connection, and what is on it."""
        if not self.down:
            self.down = True
            self.wire.clear()
            assert self.sink is not None
            self.sink.changed(Status.CONNECTING)

    def mend(self) -> None:
        """Have the connection again; what is wanted is subscribed to anew."""
        if self.down:
            self.down = False
            assert self.sink is not None
            self.sink.changed(Status.CONNECTED)

    def forget(self) -> None:
        """Lose all data: every channel has a new epoch."""
        self.memory._logs.clear()
        self.memory._held.clear()

    def rewind(self, channel: str, count: int) -> None:
        """Lose the last messages of a channel, but not its epoch."""
        log = self.memory._logs.get(channel)
        if log is not None:
            for _ in range(min(count, log.offset)):
                log.offset -= 1
                if log.messages:
                    log.messages.pop()

    async def _travel(self) -> None:
        for _ in range(self.delay()):
            await asyncio.sleep(0)
        if self.down:
            raise BrokerUnavailable("It is down.")

    # The broker.

    async def start(self, sink: Sink) -> None:
        self.sink = sink
        await self.memory.start(_Nobody())
        sink.changed(Status.CONNECTED)

    async def stop(self) -> None:
        await self.memory.stop()
        self.wire.clear()
        self.active.clear()
        self.topics.clear()
        if self.sink is not None:
            self.sink.changed(Status.STOPPED)

    async def publish(
        self, channel: str, kind: Kind, encoded: bytes, event_type: str | None
    ) -> Position:
        await self._travel()
        position = await self.memory.publish(channel, kind, encoded, event_type)
        message = Message(channel, position, kind, encoded, event_type)
        sink = self.sink
        if channel in self.active and sink is not None:
            self.wire.append(lambda: sink.received(message))
        await self._travel()
        return position

    async def subscribe(self, channel: str) -> Position:
        await self._travel()
        self.active.add(channel)
        position = await self.memory.subscribe(channel)
        await self._travel()
        return position

    async def unsubscribe(self, channel: str) -> None:
        for _ in range(self.delay()):
            await asyncio.sleep(0)
        self.active.discard(channel)
        await self.memory.unsubscribe(channel)

    async def history(self, channel: str, after: Position) -> History:
        await self._travel()
        history = await self.memory.history(channel, after)
        await self._travel()
        return history

    async def position(self, channel: str) -> Position:
        await self._travel()
        return await self.memory.position(channel)

    async def listen(self, topic: str) -> None:
        await self._travel()
        self.topics.add(topic)

    async def unlisten(self, topic: str) -> None:
        self.topics.discard(topic)

    async def signal(self, topic: str, payload: bytes) -> None:
        await self._travel()
        sink = self.sink
        if topic in self.topics and sink is not None:
            self.wire.append(lambda: sink.signalled(topic, payload))

    async def hold(self, channel: str, key: str, value: bytes, lease: float) -> bool:
        await self._travel()
        return await self.memory.hold(channel, key, value, lease)

    async def release(self, channel: str, key: str) -> bool:
        await self._travel()
        return await self.memory.release(channel, key)

    async def holders(self, channel: str) -> dict[str, bytes]:
        await self._travel()
        return await self.memory.holders(channel)

    async def expire(self, channel: str) -> dict[str, bytes]:
        await self._travel()
        return await self.memory.expire(channel)


class _Nobody:
    def received(self, message: Message) -> None: ...
    def signalled(self, topic: str, payload: bytes) -> None: ...
    def changed(self, status: Status) -> None: ...

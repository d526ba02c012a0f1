"""Brokers of several processes that share what is remembered, as those of one Redis do."""

from __future__ import annotations

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

__all__ = ("Machine", "ProcessBroker")


class Machine:
    """What the processes are connected to.

    Attributes:
        memory: What remembers.
        processes: Those that were started.
    """

    def __init__(self, **options: Any) -> None:
        self.memory = MemoryBroker(**options)
        self.processes: list[ProcessBroker] = []

    def received(self, message: Message) -> None:
        for process in self.processes.copy():
            if message.channel in process.channels and not process.down:
                process.sink.received(message)

    def signalled(self, topic: str, payload: bytes) -> None:
        for process in self.processes.copy():
            if topic in process.topics and not process.down:
                process.sink.signalled(topic, payload)

    def changed(self, status: Status) -> None:
        """Each process has a connection of its own."""


class ProcessBroker(Broker):
    """The broker of one process.

    Attributes:
        down: Whether it cannot reach the machine, nor be reached.
        fault: What every command raises; None for nothing.
        channels: Those that it is subscribed to.
        topics: Those that it listens to.
    """

    sink: Sink

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.down = False
        self.fault: Exception | None = None
        self.channels: set[str] = set()
        self.topics: set[str] = set()

    @property
    def memory(self) -> MemoryBroker:
        """What remembers, if it can be reached."""
        if self.fault is not None:
            raise self.fault
        if self.down:
            raise BrokerUnavailable("It is down.")
        return self.machine.memory

    async def start(self, sink: Sink) -> None:
        self.sink = sink
        if not self.machine.processes:
            await self.machine.memory.start(self.machine)
        self.machine.processes.append(self)
        sink.changed(Status.CONNECTED)

    async def stop(self) -> None:
        self.machine.processes.remove(self)
        if not self.machine.processes:
            await self.machine.memory.stop()
        self.channels.clear()
        self.topics.clear()
        self.sink.changed(Status.STOPPED)

    async def publish(
        self, channel: str, kind: Kind, encoded: bytes, event_type: str | None
    ) -> Position:
        return await self.memory.publish(channel, kind, encoded, event_type)

    async def subscribe(self, channel: str) -> Position:
        position = await self.memory.subscribe(channel)
        self.channels.add(channel)
        return position

    async def unsubscribe(self, channel: str) -> None:
        self.channels.discard(channel)

    async def history(self, channel: str, after: Position) -> History:
        return await self.memory.history(channel, after)

    async def position(self, channel: str) -> Position:
        return await self.memory.position(channel)

    async def listen(self, topic: str) -> None:
        await self.memory.listen(topic)
        self.topics.add(topic)

    async def unlisten(self, topic: str) -> None:
        self.topics.discard(topic)

    async def signal(self, topic: str, payload: bytes) -> None:
        await self.memory.signal(topic, payload)

    async def hold(self, channel: str, key: str, value: bytes, lease: float) -> bool:
        return await self.memory.hold(channel, key, value, lease)

    async def release(self, channel: str, key: str) -> bool:
        return await self.memory.release(channel, key)

    async def holders(self, channel: str) -> dict[str, bytes]:
        return await self.memory.holders(channel)

    async def expire(self, channel: str) -> dict[str, bytes]:
        return await self.memory.expire(channel)

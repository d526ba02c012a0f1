"""`MemoryBroker`: channels within one process."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque

from .broker import Broker, History, Sink, Status
from .message import Kind, Message
from .position import Position

__all__ = ("MemoryBroker",)

# Seconds between two looks for what may be forgotten.
_SWEEP_INTERVAL = 10.0


class _Log:
    """The messages of a channel, and how many there were."""

    __slots__ = ("epoch", "messages", "offset", "used")

    def __init__(self, limit: int, now: float) -> None:
        self.epoch = secrets.token_hex(4)
        self.offset = 0
        self.messages: deque[tuple[float, Message]] = deque(maxlen=limit)
        self.used = now

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.offset)


class MemoryBroker(Broker):
    """Carries messages within one process, and needs nothing else.

    Other processes do not get them: with several workers, or machines, take a `RedisBroker`.
    """

    is_sure = True

    def __init__(self, *, history: int = 100, ttl: float = 300.0) -> None:
        """Choose how much is remembered.

        Args:
            history: Messages of each channel; 0 for none.
            ttl: Seconds for which a message is remembered; and for which a channel is that
                nobody uses, with its epoch. `math.inf` for ever.

        Raises:
            ValueError: A negative number, or a ``ttl`` of 0.
        """
        if history < 0:
            raise ValueError(f"history is a number of messages from 0, not {history}.")
        if not ttl > 0:
            raise ValueError(f"ttl is a number of seconds above 0, not {ttl}.")
        self._history = history
        self._ttl = ttl
        self._sink: Sink | None = None
        self._logs: dict[str, _Log] = {}
        self._subscribed: set[str] = set()
        self._topics: set[str] = set()
        self._held: dict[str, dict[str, tuple[float, bytes]]] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    async def start(self, sink: Sink) -> None:
        if self._sink is not None:
            raise RuntimeError("A MemoryBroker is of one Channels; give each its own.")
        loop = asyncio.get_running_loop()
        self._sink = sink
        self._sweeper = loop.call_later(_SWEEP_INTERVAL, self._sweep)
        sink.changed(Status.CONNECTED)

    async def stop(self) -> None:
        sink, self._sink = self._sink, None
        self._subscribed.clear()
        self._topics.clear()
        self._held.clear()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        if sink is not None:
            sink.changed(Status.STOPPED)

    def _now(self) -> float:
        # By the clock of the loop as it is then: tests let it stand still.
        return asyncio.get_running_loop().time()

    def _log(self, channel: str) -> _Log:
        log = self._logs.get(channel)
        if log is None:
            log = self._logs[channel] = _Log(self._history, self._now())
        return log

    async def publish(
        self, channel: str, kind: Kind, encoded: bytes, event_type: str | None
    ) -> Position:
        log = self._log(channel)
        log.offset += 1
        log.used = now = self._now()
        position = Position(log.epoch, log.offset)
        message = Message(channel, position, kind, encoded, event_type)
        if self._history:
            log.messages.append((now, message))
        if channel in self._subscribed and self._sink is not None:
            self._sink.received(message)
        return position

    async def subscribe(self, channel: str) -> Position:
        self._subscribed.add(channel)
        return self._log(channel).position

    async def unsubscribe(self, channel: str) -> None:
        self._subscribed.discard(channel)
        if log := self._logs.get(channel):
            log.used = self._now()

    async def history(self, channel: str, after: Position) -> History:
        log = self._log(channel)
        log.used = self._now()
        self._forget_old(log)
        messages = [message for _, message in log.messages]
        first = log.offset - len(messages)  # the place before the first of them
        if after.epoch != log.epoch or not first <= after.offset <= log.offset:
            return History(messages, log.position, False)
        return History(messages[after.offset - first :], log.position, True)

    async def position(self, channel: str) -> Position:
        return self._log(channel).position

    def _forget_old(self, log: _Log) -> None:
        horizon = self._now() - self._ttl
        while log.messages and log.messages[0][0] <= horizon:
            log.messages.popleft()

    def _sweep(self) -> None:
        """Forget what is too old, and channels that nobody uses."""
        horizon = self._now() - self._ttl
        for channel, log in list(self._logs.items()):
            self._forget_old(log)
            if log.used <= horizon and channel not in self._subscribed:
                del self._logs[channel]
        for channel, held in list(self._held.items()):
            if not held:
                del self._held[channel]
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(_SWEEP_INTERVAL, self._sweep)

    # Signals.

    async def listen(self, topic: str) -> None:
        self._topics.add(topic)

    async def unlisten(self, topic: str) -> None:
        self._topics.discard(topic)

    async def signal(self, topic: str, payload: bytes) -> None:
        if topic in self._topics and self._sink is not None:
            self._sink.signalled(topic, payload)

    # Presence.

    async def hold(self, channel: str, key: str, value: bytes, lease: float) -> bool:
        held = self._held.setdefault(channel, {})
        is_new = key not in held
        held[key] = (self._now() + lease, value)
        return is_new

    async def release(self, channel: str, key: str) -> bool:
        return self._held.get(channel, {}).pop(key, None) is not None

    async def holders(self, channel: str) -> dict[str, bytes]:
        now = self._now()
        held = self._held.get(channel, {})
        return {key: value for key, (ends, value) in held.items() if ends > now}

    async def expire(self, channel: str) -> dict[str, bytes]:
        now = self._now()
        held = self._held.get(channel, {})
        gone = {key: value for key, (ends, value) in held.items() if ends <= now}
        for key in gone:
            del held[key]
        return gone

"""`RedisBroker`: channels over many processes and machines, by way of Redis."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from typing import Any

from ..broker import Broker, History, Sink, Status
from ..message import Kind, Message
from ..position import Position
from ._scripts import (
    EXPIRE,
    HISTORY,
    HOLD,
    HOLDERS,
    PUBLISH,
    RELEASE,
    Script,
    milliseconds,
    pack,
    packed_name,
    unpack,
    unpacked_name,
)
from ._session import Server, Session, stopped

__all__ = ("RedisBroker",)

logger = logging.getLogger("falconws.channels")

# Seconds for which a channel's epoch is there after all of its messages are too old: a client
# that comes back until then is told that it has missed nothing, if that is so.
_EPOCH_TTL = 3600.0


class RedisBroker(Broker):
    """Carries messages between all processes that are given the same Redis.

    It needs one server, or what looks like one: a primary with replicas behind one address, a
    proxy. It is tested with Redis 7.

    While Redis is away, what is asked for waits, and fails after ``timeout``; the connection is
    tried again all the while, after 0.1 to 5 seconds. When it is back, subscribers are handed
    what they missed, as far as Redis remembers it. Where Redis may have lost messages, as it
    was restarted, or a replica took over, channels begin a new epoch, and subscribers are told
    of a gap.

    What Redis keeps is gone by itself: messages after ``ttl``, a channel that nobody uses an
    hour after its messages. Let ``maxmemory`` leave room for it. With
    ``maxmemory-policy noeviction`` a full Redis refuses what is published; with others it may
    forget, which is a gap.
    """

    def __init__(
        self,
        url: str = "redis://localhost:6379",
        *,
        history: int = 100,
        ttl: float = 300.0,
        prefix: str = "falconws:",
        timeout: float = 5.0,
    ) -> None:
        """Choose a Redis, and how much it remembers.

        All processes should choose the same.

        Args:
            url: ``redis://[[user]:password@]host[:port][/database]``, ``rediss://`` for TLS,
                or ``unix://[user:password@]/path.sock[?db=database]``. Options of redis-py may
                follow as a query string, such as ``max_connections``, of which there are 16
                for commands.
            history: Messages of each channel; 0 for none.
            ttl: Seconds for which a message is remembered; `math.inf` for ever.
            prefix: What the names of all keys begin with, and of what is published.
            timeout: Seconds after which `BrokerUnavailable` is raised, if Redis is away or does
                not answer.

        Raises:
            ValueError: The URL is none, a number is negative, or ``ttl`` or ``timeout`` is 0.
        """
        if history < 0:
            raise ValueError(f"history is a number of messages from 0, not {history}.")
        if not ttl > 0:
            raise ValueError(f"ttl is a number of seconds above 0, not {ttl}.")
        if not timeout > 0:
            raise ValueError(f"timeout is a number of seconds above 0, not {timeout}.")
        self._server = Server(url, timeout)
        self._history = history
        self._ttl = milliseconds(ttl)
        self._life = ttl + _EPOCH_TTL
        self._timeout = timeout
        database = self._server.database
        self._prefix = packed_name(prefix)
        self._live = packed_name(f"{prefix}live:{database}:")
        self._topics = packed_name(f"{prefix}topic:{database}:")
        self._session: Session | None = None
        self._sink: Sink | None = None
        self._subscribed: set[str] = set()

    def __repr__(self) -> str:
        return f"<RedisBroker: {self._server}>"

    # Its beginning and end.

    async def start(self, sink: Sink) -> None:
        if self._session is not None:
            raise RuntimeError("This broker is started already; stop it first.")
        self._sink = sink
        self._session = Session(
            self._server, self._timeout, self._received, self._changed
        )
        self._session.start(self._used_keys, self._life)
        self._changed(Status.CONNECTING)

    async def stop(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        try:
            await session.stop()
        finally:
            self._subscribed.clear()
            self._changed(Status.STOPPED)
            self._sink = None

    def _started(self) -> Session:
        if self._session is None:
            raise stopped(self._server)
        return self._session

    # What Redis tells.

    def _received(self, name: bytes, data: bytes) -> None:
        assert self._sink is not None
        try:
            if name.startswith(self._topics):
                self._sink.signalled(unpacked_name(name[len(self._topics) :]), data)
            else:
                channel = unpacked_name(name[len(self._live) :])
                self._sink.received(_message(channel, data))
        except Exception as exc:
            logger.error("What was published as %r was not taken", name, exc_info=exc)

    def _changed(self, status: Status) -> None:
        assert self._sink is not None
        try:
            self._sink.changed(status)
        except Exception as exc:
            logger.error("What became of the connection was not taken", exc_info=exc)

    # Messages.

    def _keys(self, channel: str, *kinds: bytes) -> list[bytes]:
        # What is in braces says in which slot of a cluster a key is.
        name = packed_name(channel)
        return [b"%b{c:%b}:%b" % (self._prefix, name, kind) for kind in kinds]

    def _used_keys(self) -> Iterable[bytes]:
        return [self._keys(channel, b"meta")[0] for channel in self._subscribed]

    async def publish(
        self, channel: str, kind: Kind, encoded: bytes, event_type: str | None
    ) -> Position:
        session = self._started()
        async with session.working(f"publish to {channel!r}"):
            epoch, offset = await session.run(
                PUBLISH,
                self._keys(channel, b"meta", b"log"),
                _new_epoch(),
                self._live + packed_name(channel),
                pack(kind, encoded, event_type),
                self._history,
                self._ttl,
                milliseconds(self._life),
            )
        return Position(epoch.decode(), int(offset))

    async def subscribe(self, channel: str) -> Position:
        session = self._started()
        link, name = session.link, self._live + packed_name(channel)
        async with session.working(f"subscribe to {channel!r}"), link.hearing(name):
            while True:
                await link.until_heard(name)
                losses = link.losses
                position = (
                    await self._ask(session, channel, Position("", 0), 0)
                ).position
                # If the connection was lost and made again in between, what was published
                # behind that place may not have been heard, and nobody would ask for it.
                if link.losses == losses:
                    break
        self._subscribed.add(channel)
        return position

    async def unsubscribe(self, channel: str) -> None:
        self._subscribed.discard(channel)
        if self._session is not None:
            self._session.link.forget(self._live + packed_name(channel))

    async def history(self, channel: str, after: Position) -> History:
        session = self._started()
        async with session.working(f"give the history of {channel!r}"):
            return await self._ask(session, channel, after, self._history)

    async def position(self, channel: str) -> Position:
        session = self._started()
        async with session.working(f"give the end of {channel!r}"):
            history = await self._ask(session, channel, Position("", 0), 0)
        return history.position

    async def _ask(
        self, session: Session, channel: str, after: Position, limit: int
    ) -> History:
        """Ask for a place and what is behind it."""
        epoch, offset, bodies = await session.run(
            HISTORY,
            self._keys(channel, b"meta", b"log"),
            _new_epoch(),
            after.epoch,
            after.offset,
            limit,
            self._ttl,
            milliseconds(self._life),
        )
        end = Position(epoch.decode(), int(offset))
        first = end.offset - len(bodies) + 1
        messages = [
            unpack(channel, Position(end.epoch, number), body)
            for number, body in enumerate(reversed(bodies), first)
        ]
        is_complete = (
            after.epoch == end.epoch and first - 1 <= after.offset <= end.offset
        )
        return History(messages, end, is_complete)

    # Signals.

    async def listen(self, topic: str) -> None:
        session = self._started()
        async with session.working(f"listen to {topic!r}"):
            async with session.link.hearing(self._topics + packed_name(topic)):
                pass

    async def unlisten(self, topic: str) -> None:
        if self._session is not None:
            self._session.link.forget(self._topics + packed_name(topic))

    async def signal(self, topic: str, payload: bytes) -> None:
        session = self._started()
        async with session.working(f"signal {topic!r}"):
            await session.publish(self._topics + packed_name(topic), payload)

    # Presence.

    async def hold(self, channel: str, key: str, value: bytes, lease: float) -> bool:
        name = packed_name(key)
        return bool(
            await self._present(channel, HOLD, name, value, milliseconds(lease))
        )

    async def release(self, channel: str, key: str) -> bool:
        return bool(await self._present(channel, RELEASE, packed_name(key)))

    async def holders(self, channel: str) -> dict[str, bytes]:
        return _pairs(await self._present(channel, HOLDERS))

    async def expire(self, channel: str) -> dict[str, bytes]:
        return _pairs(await self._present(channel, EXPIRE))

    async def _present(self, channel: str, script: Script, *args: bytes | int) -> Any:
        session = self._started()
        async with session.working(f"say who is in {channel!r}"):
            keys = self._keys(channel, b"held", b"ends")
            return await session.run(script, keys, *args)


def _new_epoch() -> str:
    return secrets.token_hex(4)


def _message(channel: str, data: bytes) -> Message:
    """Read what `PUBLISH` tells."""
    epoch, offset, body = data.split(b":", 2)
    return unpack(channel, Position(epoch.decode(), int(offset)), body)


def _pairs(flat: list[bytes]) -> dict[str, bytes]:
    """Make a dictionary of keys, each followed by its value."""
    keys = map(unpacked_name, flat[::2])
    return dict(zip(keys, flat[1::2], strict=True))

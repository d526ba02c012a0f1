"""The connection on which Redis tells what is published, kept up."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Connection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from ..broker import Status

__all__ = ("Link",)

logger = logging.getLogger("falconws.channels")

# Seconds between two attempts to connect, as they grow while Redis is away.
_BACKOFF = (0.1, 5.0)

# Seconds after which Redis is asked whether it is still there. A connection whose other end
# has gone without a word is found in that and the timeout.
_PING_INTERVAL = 10.0


class Link:
    """Hears what is published under some names, over a connection that is made anew if lost.

    Attributes:
        losses: How often the connection was lost, or was not made.
        trouble: What was wrong the last time; None for nothing.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        received: Callable[[bytes, bytes], None],
        changed: Callable[[Status], None],
        lost: Callable[[], Awaitable[None]],
        timeout: float,
    ) -> None:
        """Prepare; `run` connects.

        Args:
            connect: Makes a connection, which is not connected yet.
            received: Called with a name and what was published under it.
            changed: Called when the connection is there, or not any more.
            lost: Called when a connection was lost, before another is made.
            timeout: Seconds that an answer may take.
        """
        self._make = connect
        self._received = received
        self._changed = changed
        self._lost = lost
        self._timeout = timeout
        self.losses = 0
        self.trouble: Exception | None = None
        self._is_up = asyncio.Event()
        # What is to be heard: for good, and for those who wait until it is.
        self._held: set[bytes] = set()
        self._waiting: dict[bytes, set[asyncio.Future[None]]] = {}
        # Names of which that may have changed, for what writes.
        self._changes: dict[bytes, None] = {}
        self._has_changes = asyncio.Event()
        # Of the connection that is there: which names were asked for, and not given up since;
        # how many times one was, that is not confirmed; which names are heard; whether
        # something came lately; whether the connection is given up.
        self._sent: set[bytes] = set()
        self._asked: dict[bytes, int] = {}
        self._heard: set[bytes] = set()
        self._is_alive = asyncio.Event()
        self._is_doubted = asyncio.Event()

    async def up(self) -> None:
        """Wait until the connection is there, and hears everything."""
        await self._is_up.wait()

    def is_wanted(self, name: bytes) -> bool:
        """Tell whether a name is to be heard."""
        return name in self._held or name in self._waiting

    @asynccontextmanager
    async def hearing(self, name: bytes) -> AsyncIterator[None]:
        """Hear a name: in the block, and after it if that does not fail."""
        try:
            await self.until_heard(name)
            # As if someone waited, all through the block.
            waiting = self._wait_for(name)
            try:
                yield
                self._held.add(name)
            finally:
                self._wait_no_more(name, waiting)
        finally:
            self._note(name)

    async def until_heard(self, name: bytes) -> None:
        """Wait until a name is heard."""
        waiting = self._wait_for(name)
        try:
            if name not in self._heard:
                self._note(name)
                await waiting
        finally:
            self._wait_no_more(name, waiting)

    def _wait_for(self, name: bytes) -> asyncio.Future[None]:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, set()).add(waiting)
        return waiting

    def _wait_no_more(self, name: bytes, waiting: asyncio.Future[None]) -> None:
        self._waiting[name].discard(waiting)
        if not self._waiting[name]:
            del self._waiting[name]

    def forget(self, name: bytes) -> None:
        """Hear a name no more; it does not wait for the connection."""
        self._held.discard(name)
        self._note(name)

    def doubt(self) -> None:
        """Give the connection up, and make another: this server is the wrong one."""
        self._is_doubted.set()

    def _note(self, name: bytes) -> None:
        self._changes[name] = None
        self._has_changes.set()

    # The connection.

    async def run(self) -> None:
        """Connect, again and again, until it is cancelled."""
        least, most = _BACKOFF
        delay = least
        while True:
            try:
                await self._serve()
            except ExceptionGroup as group:
                self._explain(group.exceptions[0])
            except Exception as exc:
                self._explain(exc)
            if self._is_up.is_set():
                delay = least
            self._lose()
            await self._lost()
            # Not all at once, when a server comes back that has many clients.
            await asyncio.sleep(delay * random.uniform(0.5, 1))
            delay = min(most, 2 * delay)

    def _explain(self, exc: Exception) -> None:
        if isinstance(exc, TimeoutError):
            exc = RedisConnectionError(f"no answer in {self._timeout:g} s")
        # What is none of Redis's errors is a fault of ours, and is told whole.
        is_fault = not isinstance(exc, (RedisError, OSError))
        is_news = str(exc) != str(self.trouble)
        logger.log(
            logging.WARNING if is_news else logging.DEBUG,
            "Redis is not connected: %s",
            exc,
            exc_info=exc if is_fault else None,
        )
        self.trouble = exc

    def _lose(self) -> None:
        self.losses += 1
        self._sent.clear()
        self._asked.clear()
        self._heard.clear()
        self._is_doubted.clear()
        if self._is_up.is_set():
            self._is_up.clear()
            self._changed(Status.CONNECTING)

    async def _serve(self) -> None:
        connection: Any = self._make()
        try:
            async with asyncio.timeout(self._timeout):
                await connection.connect()
                await _check(connection)
            for name in (*self._held, *self._waiting):
                self._note(name)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(connection))
                tasks.create_task(self._write(connection))
                tasks.create_task(self._watch(connection))
                tasks.create_task(self._until_doubted())
        finally:
            # Without a wait for a peer that may not be there any more.
            await connection.disconnect(nowait=True)

    async def _read(self, connection: Connection) -> None:
        """Take what comes. There is nothing slow in it: all that is published passes here."""
        received = self._received
        held, waiting, is_alive = self._held, self._waiting, self._is_alive
        while True:
            response = await connection.read_response(disable_decoding=True)
            is_alive.set()
            word = response[0]
            if word == b"message":
                name = response[1]
                # What was on its way when it was forgotten is not handed on.
                if name in held or name in waiting:
                    received(name, response[2])
            elif word == b"subscribe":
                self._confirm(response[1])
            # Else it is that a name is not heard any more, or the answer to a ping.

    def _confirm(self, name: bytes) -> None:
        """Take note of one SUBSCRIBE.

        A name that was given up and asked for again meanwhile is heard by the last of them.
        """
        self._asked[name] -= 1
        if self._asked[name] == 0:
            del self._asked[name]
            if name in self._sent:
                self._heard.add(name)
                for waiting in self._waiting.get(name, ()):
                    if not waiting.done():
                        waiting.set_result(None)
        self._settle()

    def _settle(self) -> None:
        if not self._asked and not self._is_up.is_set():
            self.trouble = None
            self._is_up.set()
            self._changed(Status.CONNECTED)

    async def _write(self, connection: Connection) -> None:
        """Ask for names, and give them up: all that have changed together."""
        sent = self._sent
        while True:
            names = list(self._changes)
            self._changes.clear()
            self._has_changes.clear()
            old = [name for name in names if name in sent and not self.is_wanted(name)]
            new = [name for name in names if name not in sent and self.is_wanted(name)]
            sent.difference_update(old)
            sent.update(new)
            self._heard.difference_update(old)
            for name in new:
                self._asked[name] = self._asked.get(name, 0) + 1
            if old:
                await self._send(connection, "UNSUBSCRIBE", *old)
            if new:
                await self._send(connection, "SUBSCRIBE", *new)
            else:
                self._settle()
            await self._has_changes.wait()

    async def _watch(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(_PING_INTERVAL)
            self._is_alive.clear()
            await self._send(connection, "PING")
            async with asyncio.timeout(self._timeout):
                await self._is_alive.wait()

    async def _until_doubted(self) -> None:
        await self._is_doubted.wait()
        raise RedisConnectionError("it takes no writes")

    async def _send(self, connection: Connection, *words: str | bytes) -> None:
        async with asyncio.timeout(self._timeout):
            await connection.send_command(*words)


async def _check(connection: Connection) -> None:
    """Make sure of a server that is ready: one that is loading its data says so here.

    Raises:
        RedisError: It is not.
    """
    await connection.send_command("PING")
    await connection.read_response()
    await connection.send_command("ROLE")
    try:
        role = await connection.read_response(disable_decoding=True)
    except ResponseError:  # One may not be allowed to ask.
        return
    if role[0] == b"slave":
        raise RedisConnectionError("it is a replica, which takes no writes")

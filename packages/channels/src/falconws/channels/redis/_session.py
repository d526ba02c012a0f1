"""What a `RedisBroker` has between its start and its stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from ..broker import Status
from ..errors import BrokerRefused, BrokerUnavailable, ChannelsError
from ._link import Link
from ._scripts import Script, milliseconds

__all__ = ("Server", "Session", "stopped")

logger = logging.getLogger("falconws.channels")

# Connections for commands, in one process, if the URL does not say. A command takes a
# fraction of a millisecond; what is more waits for its turn.
_CONNECTIONS = 16

# What a server says that is not, or not any more, the one to ask; another will be.
# A master that is down is a `ClusterDownError` too.
_NOT_NOW = (ReadOnlyError, ClusterDownError, TryAgainError)

# Names that are dealt with in one command.
_BATCH = 1000


class Server:
    """Where Redis is.

    Attributes:
        database: Its number.
    """

    def __init__(self, url: str, timeout: float) -> None:
        """Read a URL.

        Args:
            url: As redis-py reads it, with its options.
            timeout: Seconds that an answer may take.

        Raises:
            ValueError: It is none.
        """
        options: dict[str, Any] = dict(parse_url(url))
        options.setdefault("max_connections", _CONNECTIONS)
        host = options.get("host", "localhost")
        self._where = options.get("path") or f"{host}:{options.get('port', 6379)}"
        self.database = int(options.get("db", 0))
        # What this package goes by, whatever the URL says: the older protocol, which all
        # servers and all of redis-py's parsers know; bytes; no second attempt, which would
        # publish twice; and no timeouts but its own, which hold for a whole command.
        self._options = options | {
            "protocol": 2,
            "decode_responses": False,
            "retry": Retry(NoBackoff(), 0),
            "retry_on_timeout": False,
            "health_check_interval": 0,
            "socket_timeout": None,
            "socket_connect_timeout": timeout,
            "timeout": None,
        }

    def __str__(self) -> str:
        """Give the host and port, or the path; there is no password in it."""
        return f"Redis at {self._where}"

    def pool(self) -> BlockingConnectionPool:
        """Make connections for commands."""
        return BlockingConnectionPool(**self._options)


def stopped(server: Server) -> BrokerUnavailable:
    """Give what is raised where a broker is not started."""
    return BrokerUnavailable(
        f"The broker for {server} is not started, or was stopped. Start its Channels: "
        "app.add_middleware(channels), or `async with channels:`."
    )


class Session:
    """Connections to Redis, all of one event loop, and what goes on over them.

    Attributes:
        link: Hears what is published.
    """

    def __init__(
        self,
        server: Server,
        timeout: float,
        received: Callable[[bytes, bytes], None],
        changed: Callable[[Status], None],
    ) -> None:
        """Prepare; the arguments are a broker's, and a `Link`'s."""
        self._server = server
        self._timeout = timeout
        self._pool = server.pool()
        # Its methods are typed for sync and async at once.
        self._client: Any = Redis(connection_pool=self._pool)
        self.link = Link(
            self._pool.make_connection, received, changed, self._drop_idle, timeout
        )
        self._tasks: list[asyncio.Task[None]] = []
        # Of what is under way.
        self._limits: set[asyncio.Timeout] = set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._is_stopped = False

    def start(self, renew: Callable[[], Iterable[bytes]], life: float) -> None:
        """Connect, in tasks of its own.

        Args:
            renew: Gives the keys that are to live on as long as this does.
            life: For how many seconds more, each time.
        """
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self.link.run()),
            loop.create_task(self._renew(renew, life)),
        ]

    async def stop(self) -> None:
        """End everything that is under way, and every connection."""
        self._is_stopped = True
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            with suppress(RuntimeError):  # One that is expiring by itself.
                limit.reschedule(now)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._is_idle.wait()
        with suppress(RedisError, OSError):
            await self._pool.disconnect()
        # A transport that was closed lets go of its socket in the next turn of the loop.
        await asyncio.sleep(0)

    async def _drop_idle(self) -> None:
        """Close the connections for commands that wait for some.

        Where the one connection was lost they are as well, as a rule, and not all versions of
        redis-py would notice before they send a command.
        """
        with suppress(RedisError, OSError):
            await self._pool.disconnect(inuse_connections=False)

    @asynccontextmanager
    async def working(self, what: str) -> AsyncIterator[None]:
        """Limit the time that something takes, from the wait for a connection on.

        Args:
            what: What it does, for errors: ``"publish to 'news'"``.

        Raises:
            BrokerUnavailable: The time is over; or Redis cannot be reached, or is not ready.
            BrokerRefused: Redis does not do it.
        """
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                self._limits.add(limit)
                self._is_idle.clear()
                await self.link.up()
                yield
        except TimeoutError:
            raise self._late(what) from None
        except ResponseError as exc:
            raise self._refused(what, exc) from exc
        except (RedisError, OSError) as exc:
            raise BrokerUnavailable(f"{self._server} did not {what}: {exc}") from exc
        finally:
            self._limits.discard(limit)
            if not self._limits:
                self._is_idle.set()

    def _late(self, what: str) -> BrokerUnavailable:
        if self._is_stopped:
            return stopped(self._server)
        if self.link.trouble is None:
            return BrokerUnavailable(
                f"{self._server} did not {what} within {self._timeout:g} s. If it is too "
                "busy for that, give RedisBroker a longer timeout."
            )
        trouble = str(self.link.trouble).rstrip(".")
        return BrokerUnavailable(
            f"{self._server} cannot be reached, to {what}: {trouble}. Check that it runs, and "
            "the URL; it is tried again all the time."
        )

    def _refused(
        self, what: str, exc: ResponseError
    ) -> BrokerUnavailable | BrokerRefused:
        if isinstance(exc, _NOT_NOW):
            # It may be that another server is the master now. Connections are made anew.
            self.link.doubt()
            return BrokerUnavailable(f"{self._server} is not ready to {what}: {exc}")
        advice = ""
        if isinstance(exc, OutOfMemoryError):
            advice = (
                " Raise its maxmemory, or give RedisBroker a smaller history or ttl."
            )
        return BrokerRefused(f"{self._server} refused to {what}: {exc}{advice}")

    async def run(
        self, script: Script, keys: list[bytes], *args: str | bytes | int
    ) -> Any:
        """Run a script; in `working`."""
        count = len(keys)
        words: tuple[Any, ...] = (*keys, *args)
        try:
            return await self._client.execute_command(
                "EVALSHA", script.sha, count, *words
            )
        except NoScriptError:
            # It was started anew since, or sees it for the first time.
            return await self._client.execute_command(
                "EVAL", script.text, count, *words
            )

    async def publish(self, name: bytes, payload: bytes) -> None:
        """Publish under a name; in `working`."""
        await self._client.execute_command("PUBLISH", name, payload)

    async def _renew(self, renew: Callable[[], Iterable[bytes]], life: float) -> None:
        while True:
            await asyncio.sleep(life / 3)
            keys = list(renew())
            for start in range(0, len(keys), _BATCH):
                try:
                    async with self.working("renew channels"):
                        await self._expire(keys[start : start + _BATCH], life)
                except ChannelsError as exc:
                    # There are two more attempts before they are gone.
                    logger.info("Channels were not renewed: %s", exc)
                    break

    async def _expire(self, keys: list[bytes], life: float) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.pexpire(key, milliseconds(life))
        await pipeline.execute()

"""`Channels`: publish and subscribe, for WebSockets, event streams and plain code."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from falconws.core import HTTPForbidden
from falconws.media import JSONHandler

from ._events import events_of
from ._hub import Hub
from ._workers import count_workers
from .broker import Broker, History, Status
from .errors import ChannelsError
from .memory import MemoryBroker
from .message import Kind, Message
from .outbox import Outbox
from .position import NOWHERE, Position
from .presence import Member, Roster, topic_of
from .subscription import Receiver, Subscription

__all__ = ("Action", "Authorize", "Channels", "Metrics", "Receipt")

logger = logging.getLogger("falconws.channels")

_JSON = JSONHandler()

Action = Literal["subscribe", "publish", "replay"]

Authorize = Callable[[Action, str, Any], Awaitable[bool | None] | bool | None]
"""Says whether something may be done: ``(action, channel, req)``."""

# The topic by which processes ask each other to end what a user has.
_DISCONNECT = "disconnect"

# RFC 6455, 7.4.1: policy violation.
_POLICY_VIOLATION = 1008

# RFC 6455, 7.4 and 5.5: codes that may be sent, and bytes that a reason may have. What does not
# keep to it would be refused where it is too late: by the WebSockets, in all processes.
_CLOSE_CODES = frozenset(
    (1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000))
)
_MAX_REASON = 123

# WHATWG HTML, 9.2.6: what an event's type cannot have in it.
_NOT_IN_A_LINE = frozenset("\r\n\0")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message that was published.

    Attributes:
        id: ``epoch:offset``: its place in the channel.
        local_deliveries: How many subscribers there were in this process when it was
            published, each of which it is handed to.
    """

    id: str
    local_deliveries: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """What goes on in this process, and went on since the start.

    Attributes:
        status: How the broker is connected.
        channels: Channels that are subscribed to.
        subscriptions: Subscribers, each counted once.
        waiting: Messages in outboxes.
        published: Messages that were published here, ever.
        delivered: Messages that subscribers' outboxes were handed, ever.
        dropped: Messages that outboxes have dropped, ever.
        duplicates: Messages that the broker gave twice, ever; nobody saw them twice.
        gaps: How often messages were missing that no history had, ever.
        reconnects: How often the broker was connected anew, ever.
    """

    status: Status
    channels: int
    subscriptions: int
    waiting: int
    published: int
    delivered: int
    dropped: int
    duplicates: int
    gaps: int
    reconnects: int


class Channels:
    """Publish and subscribe, with history, resume and presence.

    As middleware of an App it starts and stops with it: ``app.add_middleware(channels)``.
    Elsewhere, ``async with channels:`` does.

    Attributes:
        broker: What carries messages to other processes.
        status: How that is connected.
    """

    def __init__(
        self,
        broker: Broker | str | None = None,
        *,
        outbox: Outbox | None = None,
        authorize: Authorize | None = None,
        lease: float = 30.0,
        on_status: Callable[[Status], None] | None = None,
    ) -> None:
        """Choose a broker.

        Args:
            broker: None for a `MemoryBroker`, which serves one process; a URL such as
                ``'redis://localhost:6379'`` for a `RedisBroker`, which serves many.
            outbox: Of subscriptions that are given none; None for 256 messages and 1 MiB,
                of which the oldest are dropped.
            authorize: Called with ``'subscribe'``, ``'publish'`` or ``'replay'``, the channel,
                and the ``req`` that the method was given, which is None where it was given
                none. It may be a coroutine function. What it raises is raised, and False is a
                403. None to allow everything.
            lease: Seconds after which a member is taken for gone whose process says nothing
                more.
            on_status: Told of each new `status`; a plain function.

        Raises:
            ValueError: The URL is of no kind that is known, or the lease is not above 0.
        """
        if not lease > 0:
            raise ValueError(f"lease is a number of seconds above 0, not {lease}.")
        self.broker = _broker(broker)
        self.status = Status.STOPPED
        self._outbox = outbox or Outbox()
        self._authorize = authorize
        self._lease = lease
        self._on_status = on_status
        self._subscriptions: dict[Subscription, None] = {}
        self._is_started = False
        self._tasks: list[asyncio.Task[None]] = []
        self._published = 0
        self._dropped = 0
        self._connected = 0
        self.hub = Hub(self.broker)
        self.roster = Roster(self.broker, lease)

    # Its beginning and end.

    async def process_startup(self, scope: Any, event: Any) -> None:
        """Start with an App, of which this is middleware."""
        workers = count_workers()
        if workers > 1 and isinstance(self.broker, MemoryBroker):
            logger.warning(
                "Channels: there are %d workers, and each has a MemoryBroker of its own: what "
                "is published in one does not reach subscribers in the others. Give "
                "Channels a Redis URL, or take one worker.",
                workers,
            )
        await self.start()

    async def process_shutdown(self, scope: Any, event: Any) -> None:
        """Stop with an App."""
        await self.stop()

    async def start(self) -> None:
        """Start; nothing happens if it is started. It does not wait for the broker."""
        if self._is_started:
            return
        self._is_started = True
        try:
            await self.broker.start(self)
        except BaseException:
            self._is_started = False
            raise
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._listen())]
        if not self.broker.is_sure:
            self._tasks.append(loop.create_task(self.hub.watch()))
        await asyncio.sleep(0)  # in which a broker listens that has nobody to wait for

    async def _listen(self) -> None:
        """Listen to what other processes ask for, as soon as the broker can be reached."""
        while True:
            try:
                await self.broker.listen(_DISCONNECT)
                return
            except ChannelsError as exc:
                logger.info("Channels: %s", exc)
            await asyncio.sleep(_LISTEN_AGAIN)

    async def stop(self) -> None:
        """End every subscription, and let go of the broker."""
        if not self._is_started:
            return
        self._is_started = False
        for subscription in list(self._subscriptions):
            subscription.end()
        for task in self._tasks:
            task.cancel()
        try:
            await asyncio.wait(self._tasks)
            await self.roster.stop()
            await self.hub.stop()
        finally:
            await self.broker.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _check_started(self) -> None:
        if not self._is_started:
            raise RuntimeError(
                "Channels is not started. Add it to the App, app.add_middleware(channels), or "
                "use it in `async with channels:`."
            )

    # Messages.

    async def publish(
        self,
        channel: str,
        message: object,
        *,
        event_type: str | None = None,
        req: Any = None,
    ) -> Receipt:
        """Publish a message to all who are subscribed, in all processes.

        Args:
            channel: Any name; it need not be made before.
            message: A string or bytes, which are handed on as they are, or an object that
                JSON has a form for.
            event_type: What an event stream calls it, in one line.
            req: For ``authorize``.

        Raises:
            HTTPForbidden: ``authorize`` says no.
            TypeError: JSON has no form for the object.
            ValueError: The event type has a line break or a NUL in it.
            BrokerUnavailable: The broker cannot be reached, or did not answer in time. In the
                second case it may have been published.
            BrokerRefused: The broker does not take it; its memory is full, for example.
            RuntimeError: It is not started.
        """
        self._check_started()
        if self._authorize is not None:
            await self.authorize("publish", channel, req)
        if event_type is not None and not _NOT_IN_A_LINE.isdisjoint(event_type):
            raise ValueError(
                f"The event type has a line break or a NUL in it: {event_type!r}."
            )
        kind, encoded = _encoded(message)
        count = self.hub.count(channel)
        position = await self.broker.publish(channel, kind, encoded, event_type)
        self._published += 1
        if self._published % _TURN == 0:
            await asyncio.sleep(0)
        return Receipt(str(position), count)

    async def authorize(
        self, action: Action, channels: str | Iterable[str], req: Any = None
    ) -> None:
        """Ask whether something may be done, as the other methods do by themselves.

        A responder does it before it sets `events` as ``resp.sse``, if what was given as
        ``authorize`` is a coroutine function: a stream that has begun cannot become a 403.

        Args:
            action: ``'subscribe'``, ``'publish'`` or ``'replay'``.
            channels: A name, or several.
            req: The request.

        Raises:
            HTTPForbidden: No.
        """
        if self._authorize is None:
            return
        for channel in (channels,) if isinstance(channels, str) else channels:
            verdict = self._authorize(action, channel, req)
            if inspect.isawaitable(verdict):
                verdict = await verdict
            if verdict is False:
                raise _forbidden(action)

    def subscribe(
        self,
        channels: str | Iterable[str],
        to: Receiver | None = None,
        *,
        after: str | Mapping[str, str] | None = None,
        outbox: Outbox | None = None,
        envelope: bool = False,
        user: str | None = None,
        presence: bool = False,
        info: Any = None,
        req: Any = None,
    ) -> Subscription:
        """Subscribe to channels, while the subscription is entered or iterated over.

        Args:
            channels: A name, or several.
            to: Who is written to meanwhile: a WebSocket, which gets what was published, and
                JSON for a `Gap` and the like; or a function, or coroutine function, that is
                called with each `Message`, `Gap`, and so on. None to iterate.
            after: The id of the last message that the subscriber has: what was missed since
                then comes first, behind a `Recovered`, or a `Gap` if there is not all of it. A
                mapping of names to ids for several channels. None to begin with what is
                published from now on.
            outbox: What may wait for the subscriber; None for that of the `Channels`.
            envelope: Whether a WebSocket gets JSON with the id and the channel of a message
                around it, which a client needs to resume.
            user: Whose it is, for `disconnect` and presence.
            presence: Whether to tell of users who come and go, and to count ``user`` among
                those who are here.
            info: What others are told of the user: an object that JSON has a form for.
            req: For ``authorize``.

        Raises:
            ValueError: There is no channel, or ``after`` is one id and there are several.
        """
        names = (
            (channels,) if isinstance(channels, str) else tuple(dict.fromkeys(channels))
        )
        if not names:
            raise ValueError("Name a channel to subscribe to.")
        if isinstance(after, str):
            if len(names) > 1:
                raise ValueError(
                    "An id is of one channel; give after={channel: id, ...}."
                )
            after = {names[0]: after}
        return Subscription(
            self,
            names,
            to,
            dict(after or {}),
            outbox or self._outbox,
            user,
            req,
            presence,
            info,
            envelope,
        )

    def events(
        self,
        channel: str,
        after: str | None = None,
        *,
        outbox: Outbox | None = None,
        user: str | None = None,
        presence: bool = False,
        info: Any = None,
        req: Any = None,
    ) -> AsyncIterator[Any]:
        """Give a channel as events: ``resp.sse = channels.events(room, req.last_event_id)``.

        Each has the id of its message, by which a browser that comes back resumes. One that
        has no id yet is told where the channel is, so that nothing is missed even before the
        first message. What was missed comes behind an event ``recovered``, or ``gap`` if there
        is not all of it. The stream ends if the outbox's policy is to disconnect, and the
        browser comes back by itself.

        Args:
            channel: Its name.
            after: The id of the last event that the client has; None for none.
            outbox: As for `subscribe`.
            user: As for `subscribe`.
            presence: As for `subscribe`.
            info: As for `subscribe`.
            req: For ``authorize``. What a plain function refuses is refused here; a coroutine
                function is awaited when the stream has begun, so call `authorize` before.

        Raises:
            HTTPForbidden: ``authorize`` says no.
        """
        if not inspect.iscoroutinefunction(self._authorize):
            actions: tuple[Action, ...] = ("subscribe", "replay")
            for action in actions if after is not None else actions[:1]:
                if self._authorize and self._authorize(action, channel, req) is False:
                    raise _forbidden(action)
        subscription = self.subscribe(
            channel,
            after=after,
            outbox=outbox,
            user=user,
            presence=presence,
            info=info,
            req=req,
        )
        return events_of(subscription, channel if after is None else None)

    async def history(
        self, channel: str, after: str | None = None, *, req: Any = None
    ) -> History:
        """Give what is remembered of a channel, for a page that is about to subscribe to it.

        Subscribe ``after`` the id of the last message, and nothing is missed in between; of
        ``str(history.position)`` if there is none.

        Args:
            channel: Its name.
            after: An id, behind which to begin; None for all that is remembered.
            req: For ``authorize``, which is asked for ``'replay'``.

        Raises:
            HTTPForbidden: ``authorize`` says no.
            BrokerUnavailable: The broker cannot be reached.
        """
        self._check_started()
        await self.authorize("replay", channel, req)
        place = Position.parse(after) if after is not None else None
        return await self.broker.history(channel, place or NOWHERE)

    # Who is here.

    async def presence(self, channel: str) -> list[Member]:
        """Give who is present in a channel, in any process; a user once for each connection.

        Raises:
            BrokerUnavailable: The broker cannot be reached.
        """
        self._check_started()
        return list((await self.roster.members(channel)).values())

    async def users(self, channel: str) -> list[str]:
        """Give the users who are present in a channel, each once, in alphabetical order."""
        return sorted({member.user for member in await self.presence(channel)})

    async def disconnect(
        self, *, user: str, code: int = _POLICY_VIOLATION, reason: str = ""
    ) -> None:
        """End the subscriptions of a user, in all processes.

        Args:
            user: As `subscribe` was told.
            code: What their WebSockets are closed with.
            reason: What is said about it: at most 123 bytes.

        Raises:
            BrokerUnavailable: The broker cannot be reached.
            ValueError: The code must not be sent, or the reason is too long.
        """
        self._check_started()
        if code not in _CLOSE_CODES:
            raise ValueError(
                f"A WebSocket cannot be closed with {code!r} (RFC 6455, 7.4)."
            )
        if len(reason.encode()) > _MAX_REASON:
            raise ValueError(f"A close reason has at most {_MAX_REASON} bytes.")
        self._disconnect(user, code, reason)
        told = {"user": user, "code": code, "reason": reason}
        await self.broker.signal(_DISCONNECT, _JSON.encode(told))

    # How it is.

    @property
    def metrics(self) -> Metrics:
        """What goes on in this process."""
        hub = self.hub
        subscriptions = self._subscriptions
        return Metrics(
            self.status,
            len(hub.channels),
            len(subscriptions),
            sum(each.waiting for each in subscriptions),
            self._published,
            hub.delivered,
            self._dropped + sum(each.dropped for each in subscriptions),
            hub.duplicates,
            hub.gaps,
            max(0, self._connected - 1),
        )

    def open_resources(self) -> list[str]:
        """Name what is open, for `falconws.testing.assert_no_leaks`."""
        return [repr(subscription) for subscription in self._subscriptions]

    # What subscriptions ask of it.

    def add(self, subscription: Subscription) -> None:
        """Take note of a subscription that begins."""
        self._check_started()
        self._subscriptions[subscription] = None

    def discard(self, subscription: Subscription) -> None:
        """Take note of one that ends."""
        if subscription in self._subscriptions:
            del self._subscriptions[subscription]
            self._dropped += subscription.dropped

    # What the broker tells.

    def received(self, message: Message) -> None:
        """Take a message of a channel."""
        self.hub.received(message)

    def signalled(self, topic: str, payload: bytes) -> None:
        """Take a signal of a topic."""
        if topic != _DISCONNECT:
            channel = topic.removeprefix(topic_of(""))
            self.roster.signalled(channel, payload)
            return
        told = _JSON.decode(payload)
        self._disconnect(told["user"], told["code"], told["reason"])

    def _disconnect(self, user: str, code: int, reason: str) -> None:
        for subscription in list(self._subscriptions):
            if subscription.user == user:
                subscription.end(code, reason)

    def changed(self, status: Status) -> None:
        """Take note of how the broker is connected."""
        if status is self.status:
            return
        self.status = status
        if status is Status.CONNECTED:
            self._connected += 1
            self.hub.check()
        if self._on_status is not None:
            try:
                self._on_status(status)
            except Exception as exc:
                logger.error("on_status failed", exc_info=exc)


# Seconds between two attempts to listen to other processes.
_LISTEN_AGAIN = 1.0

# How many messages are published before others have their turn, where a broker takes no time:
# less than outboxes have room for by default.
_TURN = 64


def _forbidden(action: Action) -> HTTPForbidden:
    return HTTPForbidden(description=f"You may not {action} here.")


def _encoded(message: object) -> tuple[Kind, bytes]:
    if isinstance(message, str):
        return Kind.TEXT, message.encode()
    if isinstance(message, bytes | bytearray | memoryview):
        return Kind.BINARY, bytes(message)
    return Kind.JSON, _JSON.encode(message)


def _broker(broker: Broker | str | None) -> Broker:
    if broker is None:
        return MemoryBroker()
    if isinstance(broker, Broker):
        return broker
    if not broker.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(
            f"{broker!r} is no URL of a broker; 'redis://localhost:6379' is one."
        )
    from .redis import RedisBroker  # needs falconws-channels[redis]

    return RedisBroker(broker)

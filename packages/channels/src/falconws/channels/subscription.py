"""`Subscription`: what one subscriber gets of its channels, and how."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from .message import Gap, Message, Payload, Recovered, gap_between
from .outbox import Item, Outbox, Queue
from .position import NOWHERE, Position
from .presence import Change

if TYPE_CHECKING:
    from .channels import Channels

__all__ = ("Receiver", "Socket", "Subscription")

logger = logging.getLogger("falconws.channels")

# RFC 6455, 7.4.1 and the registry of 11.7: try again later.
_TRY_AGAIN_LATER = 1013


class Socket(Protocol):
    """What is written to: a `falconws.ws.WebSocket`, or anything that has these."""

    async def send_text(self, payload: str, /) -> None: ...
    async def send_data(self, payload: bytes, /) -> None: ...
    async def close(self, code: int = ..., reason: str | None = ..., /) -> None: ...


Receiver = Socket | Callable[[Item], Awaitable[None] | None]
"""Who a subscription writes to."""


class Subscription:
    """What one subscriber gets; made by `Channels.subscribe`.

    ``async with`` it and it is written to its receiver meanwhile; without a receiver, iterate
    over it. ``async for`` alone does both::

        async for message in channels.subscribe("news"):
            ...

    Attributes:
        channels: The names that are subscribed to.
        user: Whose it is, as far as is known.
        delivered: Messages that the subscriber got.
        begun: Behind which place each channel is live, as soon as it is entered.
    """

    def __init__(
        self,
        owner: Channels,
        channels: tuple[str, ...],
        to: Receiver | None,
        after: dict[str, str],
        outbox: Outbox,
        user: str | None,
        req: Any,
        presence: bool,
        info: Any,
        envelope: bool,
    ) -> None:
        """Describe it; the arguments are those of `Channels.subscribe`."""
        self.channels = channels
        self.user = user
        self.delivered = 0
        self.begun: dict[str, Position] = {}
        self._owner = owner
        self._to = to
        self._after = after
        self._req = req
        self._presence = presence
        self._info = info
        self._envelope = envelope
        # Up to which place the subscriber has what the hub has not handed on yet, by channel.
        self._known: dict[str, Position] | None = None
        # As soon as it is written to: what hands over a message without waiting.
        self._send_shared: Callable[[Any], bool] | None = None
        self._queue = Queue(outbox)
        # What was missed, which comes first; None while it is being asked for.
        self._replay: deque[Item] | None = None
        # Of whoever takes what is next; it may be handed over by this.
        self._waiter: asyncio.Future[Message | None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._is_started = False
        self._is_over = False
        self._close: tuple[int, str] | None = None

    def __repr__(self) -> str:
        return f"<Subscription to {', '.join(map(repr, self.channels))}>"

    @property
    def dropped(self) -> int:
        """How many messages were dropped because the subscriber did not keep up."""
        return self._queue.dropped

    @property
    def waiting(self) -> int:
        """How many messages wait for the subscriber."""
        return len(self._queue) + len(self._replay or ())

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._is_over

    # Its beginning and end.

    async def __aenter__(self) -> Subscription:
        if self._is_started:
            raise RuntimeError("A subscription is used once; make another.")
        self._is_started = True
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _start(self) -> None:
        owner = self._owner
        # First, so that a user who is disconnected meanwhile does not get in.
        owner.add(self)
        await owner.authorize("subscribe", self.channels, self._req)
        replay: deque[Item] = deque()
        for channel in self.channels:
            position = await owner.hub.join(channel, self)
            self.begun[channel] = position
            after = self._after.get(channel)
            if after is not None:
                await owner.authorize("replay", channel, self._req)
                replay.extend(await self._missed(channel, after, position))
        if self._presence and not self._is_over:
            await owner.roster.enter(self, self._info)
        if self._is_over:
            self._leave()  # what was joined after the end
        self._replay = replay
        if self._to is not None:
            self._writer = asyncio.get_running_loop().create_task(self._write(self._to))
        self._wake()

    async def _missed(self, channel: str, after: str, position: Position) -> list[Item]:
        """Give what came behind a place, as far as the one behind which the hub hands on."""
        place = Position.parse(after) or NOWHERE
        history = await self._owner.broker.history(channel, place)
        if place > position and place.epoch == position.epoch and history.is_complete:
            # It has been sent more, by another process, than has come to this one.
            self._known = {**(self._known or {}), channel: place}
            self._queue.skip(channel, place)  # what has come meanwhile
            return [Recovered(channel, place, 0)]
        messages = [
            message
            for message in history.messages
            if message.position.epoch == position.epoch
            and message.position.offset <= position.offset
        ]
        begin = Position(position.epoch, position.offset - len(messages))
        if place == begin:
            return [Recovered(channel, place, len(messages)), *messages]
        return [gap_between(channel, place, begin), *messages]

    async def _stop(self) -> None:
        self.end()
        self._leave()  # also what was joined after the end
        owner = self._owner
        owner.discard(self)
        writer = self._writer
        try:
            if writer is not None and writer is not asyncio.current_task():
                writer.cancel()
                await asyncio.wait([writer])
        finally:
            if self._presence:
                await owner.roster.leave(self)

    def end(self, code: int | None = None, reason: str = "") -> None:
        """Let nothing more come; what waits is still handed over by iteration.

        Args:
            code: What to close a WebSocket with; None to leave it open.
            reason: What to say about it.
        """
        if code is not None and self._close is None:
            self._close = (code, reason)
        if not self._is_over:
            self._is_over = True
            self._leave()
            self._wake()

    def _leave(self) -> None:
        for channel in self.channels:
            self._owner.hub.leave(channel, self)

    # What the hub hands over.

    def offer(self, message: Message) -> None:
        """Take the next message, without waiting."""
        if self._known is not None and self._knows(message):
            return
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            # Nothing waits before it. As a rule it goes out at once, without a task, or at
            # least without a queue.
            send = self._send_shared
            try:
                sent = send is not None and send(self._form(message))
            except ConnectionError:
                self.end()
                return
            except Exception as exc:
                # Its fault is not that of who publishes, nor of others who subscribe.
                logger.error("%s could not be written to", self, exc_info=exc)
                self.end()
                return
            if sent:
                self.delivered += 1
            else:
                waiter.set_result(message)
            return
        queue = self._queue
        try:
            queue.put(message)
        except Exception as exc:  # the key of latest()
            logger.error("%s has no key for %s", self, message, exc_info=exc)
            queue.put_notice(Gap(message.channel, message.position, 1))
        if queue.overflowed:
            self.end(_TRY_AGAIN_LATER, "Messages were not read in time")
        self._wake()

    def _knows(self, message: Message) -> bool:
        assert self._known is not None
        known = self._known.get(message.channel)
        if known is None or known.epoch != message.position.epoch:
            return False
        return message.position <= known

    def notice(self, gap: Gap) -> None:
        """Take note that messages are missing here."""
        self._queue.put_notice(gap)
        self._wake()

    def change(self, change: Change) -> None:
        """Take note of who came or left."""
        if self._is_over:
            return
        self._queue.put_change(change)
        if self._queue.overflowed:
            self.end(_TRY_AGAIN_LATER, "Messages were not read in time")
        self._wake()

    def _form(self, item: Item) -> Payload:
        return item.enveloped if self._envelope else item.plain

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # What the subscriber takes.

    def pop(self) -> Item | None:
        """Take what is next, without waiting; None if nothing is there."""
        replay = self._replay
        if replay is None:
            return None
        item: Item | None = replay.popleft() if replay else self._queue.pop()
        if type(item) is Message:
            self.delivered += 1
        return item

    async def next(self) -> Item | None:
        """Wait for what is next; None at the end.

        If it is cancelled, nothing is lost.
        """
        while True:
            item = self.pop()
            if item is not None or self._is_over:
                return item
            waiter = self._wait()
            try:
                message = await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._take_back(waiter.result())
                raise
            finally:
                self._waiter = None
            if message is not None:
                self.delivered += 1
                return message

    def _wait(self) -> asyncio.Future[Message | None]:
        """Give what is done when there is something: with a message, or None to look for it."""
        if self._waiter is not None:
            raise RuntimeError("Somebody waits for this subscription already.")
        self._waiter = waiter = asyncio.get_running_loop().create_future()
        return waiter

    def _take_back(self, message: Message | None) -> None:
        if message is not None:
            # Nothing is handed over before there is this.
            assert self._replay is not None
            self._replay.appendleft(message)

    async def __aiter__(self) -> AsyncIterator[Item]:
        if self._to is not None:
            raise TypeError(
                "This subscription is written to its receiver; without `to` it can be iterated."
            )
        if self._is_started:
            while (item := await self.next()) is not None:
                yield item
            return
        async with self:
            while (item := await self.next()) is not None:
                yield item

    async def _write(self, to: Any) -> None:
        """Write to the receiver until one of them is at its end."""
        try:
            if hasattr(to, "send_text"):
                self._send_shared = getattr(to, "send_shared", None)
                await self._write_socket(to)
            else:
                await self._call(to)
        except ConnectionError:
            pass  # The client has left; its responder hears of it.
        except Exception as exc:
            logger.error("%s could not be written to", self, exc_info=exc)
        finally:
            self._send_shared = None
            self.end()

    # Both take what is next as `next` does, without a coroutine for it: a writer is cancelled when
    # nothing is to be written any more.

    async def _write_socket(self, ws: Any) -> None:
        while True:
            item = self.pop()
            if item is None:
                if self._is_over:
                    break
                item = await self._wait()
                self._waiter = None
                if item is None:
                    continue
                self.delivered += 1
            shared = self._form(item)
            if self._send_shared is not None and self._send_shared(shared):
                continue
            payload = shared.payload
            if isinstance(payload, str):
                await ws.send_text(payload)
            else:
                await ws.send_data(payload)
        if self._close is not None:
            await ws.close(*self._close)

    async def _call(self, function: Callable[[Item], Any]) -> None:
        is_async = inspect.iscoroutinefunction(function)
        while True:
            item = self.pop()
            if item is None:
                if self._is_over:
                    break
                item = await self._wait()
                self._waiter = None
                if item is None:
                    continue
                self.delivered += 1
            try:
                result = function(item)
                if is_async or inspect.isawaitable(result):
                    await result
            except ConnectionError:
                raise
            except Exception as exc:
                logger.error("A subscriber of %s failed", self, exc_info=exc)

"""The hub of a process: what its subscribers have of each channel, and what is missing."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Protocol

from .broker import Broker, History
from .errors import BrokerUnavailable, ChannelsError
from .message import Gap, Message, gap_between
from .position import Position

__all__ = ("Hub", "Subscriber")

logger = logging.getLogger("falconws.channels")

# How many messages wait, at the most, while the history is asked for what came before them.
# What is more is asked for as well.
_MAX_PENDING = 10_000

# Seconds, about, between two looks whether the last message of a channel has come.
_CHECK_INTERVAL = 30.0

# Seconds between two attempts to ask the history, as they grow while the broker is away.
_RETRY = (0.1, 5.0)


class Subscriber(Protocol):
    """Who a hub hands messages to. It does not wait."""

    def offer(self, message: Message) -> None:
        """Take the next message."""
        ...

    def notice(self, gap: Gap) -> None:
        """Take note that messages are missing here."""
        ...


class _Local:
    """A channel that somebody in this process is subscribed to.

    Attributes:
        name: The channel.
        users: Who holds it: subscribers, and those who are about to be.
        subscribers: In the order in which they came.
        position: That of the last message that was handed on; None until it is known.
        opening: Subscribes to it at the broker.
        catching_up: Asks for what is missing; None while nothing is.
        pending: What came meanwhile.
    """

    __slots__ = (
        "catching_up",
        "name",
        "opening",
        "pending",
        "position",
        "subscribers",
        "users",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.users = 0
        self.subscribers: dict[Subscriber, None] = {}
        self.position: Position | None = None
        self.opening: asyncio.Task[None] | None = None
        self.catching_up: asyncio.Task[None] | None = None
        self.pending: list[Message] = []


class Hub:
    """Hands each message of a channel to all its subscribers in this process, in order.

    At the broker a channel is subscribed to once, however many subscribers there are.

    Attributes:
        delivered: Messages that subscribers were handed, ever.
        duplicates: Messages that the broker gave twice, ever.
        gaps: How often messages were missing that no history had, ever.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._locals: dict[str, _Local] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # What is being given up at the broker, by channel.
        self._closing: dict[str, asyncio.Task[None]] = {}
        self.delivered = 0
        self.duplicates = 0
        self.gaps = 0

    @property
    def channels(self) -> dict[str, int]:
        """The channels that are subscribed to, with the number of subscribers."""
        return {name: len(local.subscribers) for name, local in self._locals.items()}

    def count(self, channel: str) -> int:
        """Give the number of a channel's subscribers in this process."""
        local = self._locals.get(channel)
        return 0 if local is None else len(local.subscribers)

    async def join(self, channel: str, subscriber: Subscriber) -> Position:
        """Add a subscriber.

        Returns:
            The place behind which it is handed everything.

        Raises:
            ChannelsError: The broker does not subscribe.
        """
        local = self._locals.get(channel)
        if local is None:
            local = self._locals[channel] = _Local(channel)
        local.users += 1
        try:
            if local.position is None:
                await self._open(local)
        except BaseException:
            self._release(local)
            raise
        # Without a wait from here on: what comes next is for the new one too.
        local.subscribers[subscriber] = None
        assert local.position is not None
        return local.position

    def leave(self, channel: str, subscriber: Subscriber) -> None:
        """Take a subscriber out; nothing happens if it is not there."""
        local = self._locals.get(channel)
        if local is not None and subscriber in local.subscribers:
            del local.subscribers[subscriber]
            self._release(local)

    async def stop(self) -> None:
        """End what is under way."""
        self._locals.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._closing.clear()  # One that had not begun has not done so itself.

    async def _open(self, local: _Local) -> None:
        if local.opening is None:
            local.opening = self._start(self._subscribe(local))
        opening = local.opening
        # Others wait for it too, whatever becomes of this one.
        await asyncio.wait([opening])
        if opening.cancelled():
            raise BrokerUnavailable("Channels has stopped.")
        opening.result()

    async def _subscribe(self, local: _Local) -> None:
        try:
            if (closing := self._closing.get(local.name)) is not None:
                await asyncio.wait([closing])
            local.position = await self._broker.subscribe(local.name)
        finally:
            local.opening = None
        self._settle(local)

    def _release(self, local: _Local) -> None:
        local.users -= 1
        if local.users or self._locals.get(local.name) is not local:
            return
        del self._locals[local.name]
        for task in (local.opening, local.catching_up):
            if task is not None:
                task.cancel()
        before = self._closing.get(local.name)
        closing = self._start(self._unsubscribe(local, before))
        self._closing[local.name] = closing

    async def _unsubscribe(
        self, local: _Local, before: asyncio.Task[None] | None
    ) -> None:
        """Unsubscribe at the broker, which does one thing at a time with a channel."""
        waited = [task for task in (before, local.opening) if task is not None]
        if waited:
            await asyncio.wait(waited)
        try:
            await self._broker.unsubscribe(local.name)
        finally:
            if self._closing.get(local.name) is asyncio.current_task():
                del self._closing[local.name]

    def _start(self, work: object) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            if not isinstance(exc, ChannelsError):
                logger.error("Error in a channel", exc_info=exc)

    # What comes.

    def received(self, message: Message) -> None:
        """Take a message from the broker."""
        local = self._locals.get(message.channel)
        if local is None:
            return
        if local.position is None or local.catching_up is not None:
            if len(local.pending) < _MAX_PENDING:
                local.pending.append(message)
        elif not self._take(local, message):
            local.pending.append(message)
            self._catch_up(local)

    def check(self) -> None:
        """Ask the history of every channel whether something is missing."""
        for local in self._locals.values():
            if local.position is not None:
                if local.catching_up is not None:
                    # What it is given may be from before what was missed now.
                    local.catching_up.cancel()
                self._catch_up(local)

    async def watch(self) -> None:
        """Ask for the ends of channels now and then, in case a last message was lost."""
        while True:
            await asyncio.sleep(_CHECK_INTERVAL * random.uniform(0.75, 1.25))
            for channel in list(self._locals):
                try:
                    end = await self._broker.position(channel)
                except ChannelsError as exc:
                    logger.info("Channels cannot be checked: %s", exc)
                    break
                local = self._locals.get(channel)
                if (
                    local is not None
                    and local.position not in (None, end)
                    and local.catching_up is None
                ):
                    self._catch_up(local)

    def _take(self, local: _Local, message: Message) -> bool:
        """Hand a message on, if it is the next one or came before; give False for a hole."""
        last = local.position
        assert last is not None
        epoch, offset = message.position
        if epoch != last.epoch or offset > last.offset + 1:
            return False
        if offset <= last.offset:
            self.duplicates += 1
            return True
        local.position = message.position
        # A copy: a subscriber that is handed too much leaves.
        for subscriber in tuple(local.subscribers):
            subscriber.offer(message)
        self.delivered += len(local.subscribers)
        return True

    def _settle(self, local: _Local) -> None:
        """Hand on what came while it could not be."""
        pending, local.pending = local.pending, []
        for index, message in enumerate(pending):
            if not self._take(local, message):
                local.pending = pending[index:]
                self._catch_up(local)
                return
        if len(pending) >= _MAX_PENDING:
            self._catch_up(local)  # There may have been more.

    def _catch_up(self, local: _Local) -> None:
        local.catching_up = self._start(self._fetch(local))

    async def _fetch(self, local: _Local) -> None:
        """Hand on what is missing, from the history."""
        least, most = _RETRY
        delay = least
        while True:
            assert local.position is not None
            # What waits by now was published before: in the epoch that the history is of, or
            # in one that is over. Of what comes meanwhile that is not known.
            waiting = len(local.pending)
            try:
                history = await self._broker.history(local.name, local.position)
                break
            except ChannelsError as exc:
                logger.info("Channel %r: its history has to wait: %s", local.name, exc)
            except Exception as exc:
                # Nothing is handed on before it is there, so it is not given up.
                logger.error("Channel %r: no history", local.name, exc_info=exc)
            await asyncio.sleep(delay * random.uniform(0.5, 1))
            delay = min(most, 2 * delay)
        self._hand_on(local, history)
        epoch = history.position.epoch
        local.pending[:waiting] = [
            message
            for message in local.pending[:waiting]
            if message.position.epoch == epoch
        ]
        local.catching_up = None
        self._settle(local)

    def _hand_on(self, local: _Local, history: History) -> None:
        last = local.position
        assert last is not None
        end = history.position
        is_same = end.epoch == last.epoch
        messages = [m for m in history.messages if m.position.epoch == end.epoch]
        if not history.is_complete:
            begin = Position(end.epoch, end.offset - len(messages))
            if is_same and end.offset < last.offset:
                # A broker that has lost its last messages, and makes others with their offsets.
                # What is remembered was handed on before that.
                begin = end
            gap = gap_between(local.name, last, begin)
            self.gaps += 1
            for subscriber in tuple(local.subscribers):
                subscriber.notice(gap)
            local.position = begin
        for message in messages:
            self._take(local, message)
        here = local.position
        assert here is not None
        if not is_same or here < end:
            local.position = end

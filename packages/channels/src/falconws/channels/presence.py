"""Presence: who is here, by leases that end with their process."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from falconws.media import JSONHandler

from .errors import ChannelsError
from .message import Notice

if TYPE_CHECKING:
    from .broker import Broker
    from .subscription import Subscription

__all__ = ("Joined", "Left", "Member", "Roster", "topic_of")

logger = logging.getLogger("falconws.channels")

_JSON = JSONHandler()

# Seconds that a process takes, at the most, to say that its members are gone with it.
_FAREWELL = 2.0


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is present in a channel.

    Attributes:
        user: Who it is, as `Channels.subscribe` was told.
        id: Of this connection; a user with two tabs is there twice.
        info: What `Channels.subscribe` was told of it; None for nothing.
    """

    user: str
    id: str
    info: Any = None


@dataclass(frozen=True, slots=True)
class Change(Notice):
    """A user has come or gone, by the first connection or the last.

    Attributes:
        channel: Where.
        position: None: it has no place among the messages.
        user: Who.
        info: What is told of the connection that came first, or went last.
    """

    user: str = ""
    info: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Give ``{"type": "joined" or "left", "channel": ..., "user": ..., "info": ...}``."""
        return {
            "type": self.name,
            "channel": self.channel,
            "user": self.user,
            "info": self.info,
        }


class Joined(Change):
    """A user has come, who was not here before."""

    __slots__ = ()


class Left(Change):
    """A user has gone, with all connections."""

    __slots__ = ()


def topic_of(channel: str) -> str:
    """Name the topic by which processes tell each other of a channel's members."""
    return f"presence:{channel}"


class _Room:
    """What a process knows of the members of a channel that somebody in it watches.

    Attributes:
        members: By the ids of their connections.
        watchers: Who is told of them.
        is_known: Whether it is listened to, and the members were asked for.
        told: What was told while the broker is being asked, for each time that it is; None is
            for a member who has gone.
    """

    __slots__ = ("is_known", "members", "told", "watchers")

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.watchers: dict[Subscription, None] = {}
        self.is_known = False
        self.told: dict[object, dict[str, Member | None]] = {}

    def has(self, user: str) -> bool:
        return any(member.user == user for member in self.members.values())


class Roster:
    """Keeps the leases of this process, and tells its watchers who comes and goes."""

    def __init__(self, broker: Broker, lease: float) -> None:
        """Prepare.

        Args:
            broker: Keeps the leases.
            lease: Seconds; they are renewed three times in that.
        """
        self._broker = broker
        self._lease = lease
        # The members of this process, by channel and id.
        self._own: dict[tuple[str, str], bytes] = {}
        self._ids: dict[Subscription, str] = {}
        self._rooms: dict[str, _Room] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """End the renewal, and take leave of others for those who are still here."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])
            self._renewing = None
        own, self._own = self._own, {}
        try:
            async with asyncio.timeout(_FAREWELL):
                for channel, member_id in own:
                    await self._tried(self._go(channel, member_id))
        except TimeoutError:
            pass  # Their leases end by themselves.
        self._ids.clear()
        self._rooms.clear()

    async def enter(self, subscription: Subscription, info: Any) -> None:
        """Let a subscription watch its channels, and be there itself if it has a user."""
        self._start()
        for channel in subscription.channels:
            await self._watch(channel, subscription)
        if subscription.user is None:
            return
        member_id = self._ids[subscription] = secrets.token_hex(8)
        value = _JSON.encode({"user": subscription.user, "info": info})
        for channel in subscription.channels:
            self._own[channel, member_id] = value
            if await self._broker.hold(channel, member_id, value, self._lease):
                await self._tell(channel, member_id, value)

    async def leave(self, subscription: Subscription) -> None:
        """Undo `enter`, as far as it came."""
        # Without a wait, so that nothing is renewed if this is cancelled.
        unwatched = [c for c in subscription.channels if self._unwatch(c, subscription)]
        member_id = self._ids.pop(subscription, "")
        held = [
            channel
            for channel in subscription.channels
            if self._own.pop((channel, member_id), None) is not None
        ]
        for channel in unwatched:
            await self._tried(self._unlisten(channel))
        for channel in held:
            await self._tried(self._go(channel, member_id))

    def _unwatch(self, channel: str, subscription: Subscription) -> bool:
        """Take a watcher out; give whether it was the last."""
        room = self._rooms.get(channel)
        if room is None or subscription not in room.watchers:
            return False
        del room.watchers[subscription]
        if room.watchers:
            return False
        del self._rooms[channel]
        return True

    async def _unlisten(self, channel: str) -> None:
        await self._broker.unlisten(topic_of(channel))
        if channel in self._rooms:  # Somebody has come meanwhile.
            await self._broker.listen(topic_of(channel))

    async def _tried(self, work: Any) -> None:
        """Do what a lease does by its end if the broker is away."""
        try:
            await work
        except ChannelsError as exc:
            logger.info("Presence: %s", exc)
        except Exception as exc:
            logger.error("Error in presence", exc_info=exc)

    async def _go(self, channel: str, member_id: str) -> None:
        if await self._broker.release(channel, member_id):
            await self._tell(channel, member_id, None)

    async def _watch(self, channel: str, subscription: Subscription) -> None:
        room = self._rooms.get(channel)
        if room is None:
            room = self._rooms[channel] = _Room()
        room.watchers[subscription] = None
        if room.is_known:
            return
        # By all who come before it is known: the first may have been refused, or have left.
        await self._broker.listen(topic_of(channel))
        members = await self._ask(channel, room)
        if not room.is_known:
            room.members = members
            room.is_known = True

    async def _ask(self, channel: str, room: _Room) -> dict[str, Member]:
        """Ask who is present; what is told meanwhile is newer than the answer."""
        told: dict[str, Member | None] = {}
        key = object()
        room.told[key] = told
        try:
            members = await self.members(channel)
        finally:
            del room.told[key]
        for member_id, member in told.items():
            if member is None:
                members.pop(member_id, None)
            else:
                members[member_id] = member
        return members

    async def members(self, channel: str) -> dict[str, Member]:
        """Ask who is present, by the ids of connections."""
        held = await self._broker.holders(channel)
        return {
            member_id: _member(member_id, value) for member_id, value in held.items()
        }

    async def _tell(self, channel: str, member_id: str, value: bytes | None) -> None:
        """Tell all processes that a member has come, or gone for None."""
        sign = b"-" if value is None else b"+"
        payload = sign + member_id.encode() + (value or b"")
        await self._broker.signal(topic_of(channel), payload)

    def signalled(self, channel: str, payload: bytes) -> None:
        """Take note of who came or went, in any process."""
        room = self._rooms.get(channel)
        if room is None:
            return
        member_id = payload[1:17].decode()
        came = payload[:1] == b"+"
        member = _member(member_id, payload[17:]) if came else None
        for told in room.told.values():
            told[member_id] = member
        if not room.is_known:
            return
        if member is not None:
            self._change(channel, room, {member_id: member}, ())
        else:
            self._change(channel, room, {}, [member_id])

    def _change(
        self, channel: str, room: _Room, came: dict[str, Member], went: Iterable[str]
    ) -> None:
        """Take members in and out, and tell of users that there were none of, or are no more."""
        changes: list[Change] = []
        for member_id, member in came.items():
            if not room.has(member.user):
                changes.append(Joined(channel, None, member.user, member.info))
            room.members[member_id] = member
        for member_id in went:
            gone = room.members.pop(member_id, None)
            if gone is not None and not room.has(gone.user):
                changes.append(Left(channel, None, gone.user, gone.info))
        for change in changes:
            for watcher in tuple(room.watchers):
                watcher.change(change)

    # Leases.

    def _start(self) -> None:
        if self._renewing is None:
            self._renewing = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            for (channel, member_id), value in list(self._own.items()):
                await self._tried(self._hold(channel, member_id, value))
            for channel in {*self._rooms, *(channel for channel, _ in self._own)}:
                await self._tried(self._expire(channel))

    async def _hold(self, channel: str, member_id: str, value: bytes) -> None:
        if (channel, member_id) not in self._own:  # It has gone meanwhile.
            return
        is_new = await self._broker.hold(channel, member_id, value, self._lease)
        if (channel, member_id) not in self._own:
            await self._go(channel, member_id)
        elif is_new:  # The broker had lost it.
            await self._tell(channel, member_id, value)

    async def _expire(self, channel: str) -> None:
        for member_id in await self._broker.expire(channel):
            await self._tell(channel, member_id, None)
        room = self._rooms.get(channel)
        if room is not None and room.is_known:
            # What was told while this process was cut off is caught up with.
            members = await self._ask(channel, room)
            if self._rooms.get(channel) is room:
                went = room.members.keys() - members.keys()
                came = {i: m for i, m in members.items() if i not in room.members}
                self._change(channel, room, came, went)


def _member(member_id: str, value: bytes) -> Member:
    told = _JSON.decode(value)
    return Member(told["user"], member_id, told["info"])

"""`Broker`: what carries messages from where they are published to every process.

A broker of your own is a subclass, and `falconws.channels.contract` has the tests that it has to
pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from .message import Kind, Message
from .position import Position

__all__ = ("Broker", "History", "Sink", "Status")


class Status(StrEnum):
    """How a broker is connected."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    """Not yet, or not any more; it tries."""

    CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class History:
    """What a channel's history has behind a place in it.

    Attributes:
        messages: In order, without a hole between them.
        position: The end of the channel when it was asked.
        is_complete: Whether nothing is missing between the place and the messages.
    """

    messages: list[Message]
    position: Position
    is_complete: bool


class Sink(Protocol):
    """Who a broker tells what comes. It is called on the event loop, and does not wait."""

    def received(self, message: Message) -> None:
        """Take a message of a channel that is subscribed to."""
        ...

    def signalled(self, topic: str, payload: bytes) -> None:
        """Take a signal of a topic that is listened to."""
        ...

    def changed(self, status: Status) -> None:
        """Take note of a new status. When it is connected again, messages may be missing."""
        ...


class Broker(ABC):
    """Keeps messages in order, remembers the last of them, and hands them to all processes.

    Within a channel, messages have offsets 1, 2, 3, ... and are handed on in that order. What
    is handed on may come twice, and may be missing after a lost connection: who gets it knows
    by the offsets, and asks for the history.

    A channel's epoch stays as long as its offsets go on. Everything raises `BrokerUnavailable`
    after a bounded time if the broker cannot be reached, and `BrokerRefused` for what it does
    not do.
    """

    is_sure: ClassVar[bool] = False
    """Whether what is subscribed to is always handed on. If not, the ends of channels are asked
    for now and then, in case the last message of one was lost."""

    # Messages.

    @abstractmethod
    async def start(self, sink: Sink) -> None:
        """Begin to tell a sink what comes; return without waiting for a connection."""

    @abstractmethod
    async def stop(self) -> None:
        """End everything; the sink hears nothing more. A broker may be started again."""

    @abstractmethod
    async def publish(
        self, channel: str, kind: Kind, encoded: bytes, event_type: str | None
    ) -> Position:
        """Add a message to a channel, and give its place."""

    @abstractmethod
    async def subscribe(self, channel: str) -> Position:
        """Hand on what is published from now on; give the end of the channel.

        Everything behind the place that is given is handed on. What comes before it may be
        handed on as well.
        """

    @abstractmethod
    async def unsubscribe(self, channel: str) -> None:
        """Hand on no more of a channel. It does not wait for a connection."""

    @abstractmethod
    async def history(self, channel: str, after: Position) -> History:
        """Give what the history has behind a place.

        Args:
            channel: Its name.
            after: Of another epoch than the channel's, or before what is remembered: then all
                that is remembered is given, and is not complete.
        """

    @abstractmethod
    async def position(self, channel: str) -> Position:
        """Give the end of a channel."""

    # Signals: to all processes that are there, now; nobody remembers them.

    @abstractmethod
    async def listen(self, topic: str) -> None:
        """Hand on the signals of a topic."""

    @abstractmethod
    async def unlisten(self, topic: str) -> None:
        """Hand on no more signals of a topic."""

    @abstractmethod
    async def signal(self, topic: str, payload: bytes) -> None:
        """Tell every process that listens to a topic, this one as well."""

    # Presence: values by key, each with a lease, after which it is gone.

    @abstractmethod
    async def hold(self, channel: str, key: str, value: bytes, lease: float) -> bool:
        """Hold a value for so many seconds, from now on; give whether it is new.

        One whose lease has ended is not new as long as nobody has called `expire`.
        """

    @abstractmethod
    async def release(self, channel: str, key: str) -> bool:
        """Forget a value; give whether it was there."""

    @abstractmethod
    async def holders(self, channel: str) -> dict[str, bytes]:
        """Give the values whose lease has not ended, by their keys."""

    @abstractmethod
    async def expire(self, channel: str) -> dict[str, bytes]:
        """Forget the values whose lease has ended, and give those: each to one caller."""

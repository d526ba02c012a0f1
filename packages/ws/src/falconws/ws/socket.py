"""`WebSocket`: a connection, as a responder sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar, overload

from falconws.media.typed import convert

from ._tasks import task_group
from ._transport import Transport
from .errors import WebSocketDisconnected
from .payload import WebSocketPayloadType

__all__ = ("WebSocket",)

_TEXT, _BINARY = WebSocketPayloadType

T = TypeVar("T")


class WebSocket(Transport):
    """A WebSocket connection.

    The client waits for `accept` or `close`. After `accept`, messages are sent and received
    until one side closes. From then on every call that needs the connection raises
    `WebSocketDisconnected`; a responder that does not catch it simply ends.

    Attributes:
        scope: The ASGI connection scope.
        heard: Set by every message that is received; `WebSocketOptions.idle_timeout` is kept
            by it.
        on_disconnect: Called when the client is found to have left: at once if somebody
            receives, and otherwise by the second call of `sweep`.
    """

    __slots__ = ()

    def tasks(self) -> AbstractAsyncContextManager[asyncio.TaskGroup]:
        """Run several tasks for the connection: ``async with ws.tasks() as group``.

        It is an `asyncio.TaskGroup` that ends with the connection: when one side closes, the
        tasks are cancelled, and the block raises `WebSocketDisconnected`. If one task fails,
        the others are cancelled, and the block raises what that task did, by itself and not in
        an exception group; a responder that does not catch it closes the connection with 1011.

        Raises:
            WebSocketDisconnected: The connection is over.
        """
        if self.closed:
            raise self._disconnected()
        if self._watchers is None:
            self._watchers = set()
        return task_group(self._watchers, self._disconnected)

    async def send_media(
        self,
        media: object,
        payload_type: WebSocketPayloadType = WebSocketPayloadType.TEXT,
    ) -> None:
        """Send an object, by the media handler for a kind of message.

        Args:
            media: What the handler takes.
            payload_type: ``TEXT`` for JSON, ``BINARY`` for MessagePack, unless
                ``media_handlers`` has others.

        Raises:
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        payload = self._options.media_handlers[payload_type].serialize(media)
        if payload_type == WebSocketPayloadType.TEXT:
            await self.send_text(payload)
        else:
            await self.send_data(payload)

    async def send_json(self, obj: object) -> None:
        """Send an object as JSON, in a text message.

        Raises:
            TypeError: The object is of a type that JSON has no form for.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        await self.send_text(self._options.json_handler().serialize(obj))

    async def send_msgpack(self, obj: object) -> None:
        """Send an object as MessagePack, in a binary message.

        Raises:
            TypeError: The object is of a type that MessagePack has no form for.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        await self.send_data(self._options.msgpack_handler().serialize(obj))

    @overload
    async def receive_media(self) -> Any: ...
    @overload
    async def receive_media(self, kind: type[T]) -> T: ...

    async def receive_media(self, kind: Any = None) -> Any:
        """Receive an object, by the media handler for the kind of message that comes.

        Args:
            kind: A type for the object, such as a `msgspec.Struct`; None for dictionaries and
                lists. It takes ``falconws-media[msgspec]``.

        Raises:
            PayloadError: The message is not what the handler reads, or is not of the type.
                It is lost. A responder that does not catch it closes the connection with
                1007, and says what was wrong.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        message = await self._receive_message()
        payload_type = _TEXT if isinstance(message, str) else _BINARY
        media = self._options.media_handlers[payload_type].deserialize(message)
        return media if kind is None else convert(media, kind)

    async def receive_json(self) -> Any:
        """Receive JSON in a text message, as an object.

        Raises:
            PayloadError: The message is not JSON; it is a ValueError, and the message is
                lost.
            PayloadTypeError: The next message is binary; it is lost.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        return self._options.json_handler().deserialize(await self.receive_text())

    async def receive_msgpack(self) -> Any:
        """Receive MessagePack in a binary message, as an object.

        Raises:
            PayloadError: The message is not MessagePack; it is a ValueError, and the message
                is lost.
            PayloadTypeError: The next message is text; it is lost.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        return self._options.msgpack_handler().deserialize(await self.receive_data())

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Iterate over the messages until the connection is over: ``async for message in ws``."""
        while True:
            try:
                message = await self._receive_message()
            except WebSocketDisconnected:
                return
            yield message

"""Compression of messages: permessage-deflate (RFC 7692).

What a client offers is parsed and answered by ``websockets``; the streams are our own, so that a
connection has them from the first message on that needs one, and not before.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

from websockets.exceptions import InvalidHeaderFormat, NegotiationError
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.headers import build_extension, parse_extension

__all__ = ("LEAST_DEFLATED", "Agreement", "Deflater", "Inflater", "negotiate")

LEAST_DEFLATED = 128
"""Messages with fewer bytes are sent as they are: most of what goes over the wire for them are
headers, of TCP and TLS too. RFC 7692, 6.1 leaves that to the sender, for each message."""

# RFC 7692, 7.2.1: what a flush ends with is not sent, and 7.2.2 appends it again.
_TAIL = b"\x00\x00\xff\xff"

# What a client may send behind a last block, with the tail: 7.2.3.4 makes an empty block of it.
_LONGEST_REST = len(b"\x00" + _TAIL)

# A stream of one connection takes 4 KiB and 24 KiB so, not 32 KiB and 256 KiB. These are
# uvicorn's settings too.
_WINDOW_BITS = 12
_MEMORY_LEVEL = 5

_FACTORY = ServerPerMessageDeflateFactory(
    server_max_window_bits=_WINDOW_BITS, client_max_window_bits=_WINDOW_BITS
)


class Agreement(NamedTuple):
    """What client and server have agreed on (RFC 7692, 7.1)."""

    header: str
    """The value of ``Sec-WebSocket-Extensions`` that tells the client."""

    client_bits: int
    server_bits: int
    client_keeps: bool
    """Whether the client goes on with a stream from message to message."""

    server_keeps: bool


def negotiate(offers: Iterable[str]) -> Agreement | None:
    """Accept the first offer that can be, of the values of ``Sec-WebSocket-Extensions``.

    Returns:
        None if there is none: messages are not compressed then.

    Raises:
        ValueError: A value is not of the form that RFC 6455, 9.1 demands.
    """
    try:
        parsed = [offer for value in offers for offer in parse_extension(value)]
    except InvalidHeaderFormat as exc:
        raise ValueError("Sec-WebSocket-Extensions is malformed.") from exc
    for name, offered in parsed:
        if name != _FACTORY.name:
            continue
        try:
            answer, extension = _FACTORY.process_request_params(offered, [])
        except NegotiationError:
            continue  # RFC 7692, 5: an offer that cannot be accepted is declined.
        return Agreement(
            build_extension([(name, answer)]),
            extension.remote_max_window_bits,
            extension.local_max_window_bits,
            not extension.remote_no_context_takeover,
            not extension.local_no_context_takeover,
        )
    return None


class Inflater:
    """Makes messages of what the client has compressed."""

    __slots__ = ("_bits", "_keeps", "_stream")

    def __init__(self, agreement: Agreement) -> None:
        self._bits = -agreement.client_bits  # Negative: without a header of zlib's.
        self._keeps = agreement.client_keeps
        self._stream: zlib._Decompress | None = None

    def inflate(self, packed: bytes | bytearray, is_last: bool, limit: int) -> bytes:
        """Inflate the payload of a frame.

        Args:
            packed: The payload.
            is_last: Whether the message ends with it.
            limit: How many bytes may come of it. If there are more of them, then one more is
                returned, and the rest is not even inflated.

        Raises:
            ValueError: It is not what a deflate stream goes on with.
        """
        stream = self._stream
        if stream is None:
            stream = self._stream = zlib.decompressobj(self._bits)
        if is_last:
            packed += _TAIL
        try:
            payload = stream.decompress(packed, limit + 1)
        except zlib.error as exc:
            raise ValueError("The message cannot be inflated.") from exc
        if len(stream.unused_data) > _LONGEST_REST:
            raise ValueError("The message goes on behind its last block.")
        # RFC 7692, 7.2.3.4: a stream with a last block has ended, and a new one begins.
        if is_last and (stream.eof or not self._keeps):
            self._stream = None
        return payload


class Deflater:
    """Compresses messages for the client."""

    __slots__ = ("_bits", "_keeps", "_stream")

    def __init__(self, agreement: Agreement) -> None:
        self._bits = -agreement.server_bits
        self._keeps = agreement.server_keeps
        self._stream: zlib._Compress | None = None

    def deflate(self, payload: bytes) -> bytes:
        """Compress a message."""
        stream = self._stream
        if stream is None:
            stream = zlib.compressobj(wbits=self._bits, memLevel=_MEMORY_LEVEL)
            if self._keeps:
                self._stream = stream
        packed = stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH)
        return packed[: -len(_TAIL)]

"""Frames (RFC 6455, 5): messages of what clients send, and frames of what they are sent.

No input and no output happens here, and a frame is no object: a parser is fed bytes, in pieces
of any size, and puts messages into a queue.
"""

from __future__ import annotations

from codecs import utf_8_decode
from collections import deque
from struct import pack
from typing import NamedTuple

from ..closing import check_code
from ._deflate import Inflater

try:
    from websockets.speedups import apply_mask
except ImportError:  # A build of websockets without its extension module.
    from websockets.utils import apply_mask

__all__ = (
    "MESSAGE_COST",
    "End",
    "FrameParser",
    "close_frame",
    "data_frame",
    "deflated_frame",
    "ping_frame",
    "pong_frame",
    "text_frame",
)

MESSAGE_COST = 64
"""What a message counts in bytes besides its payload, about what it takes in memory. A client
could otherwise fill that with empty messages."""

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_OPCODES = frozenset({_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG})

# Bits of the first byte of a frame (5.2). The first reserved bit is RFC 7692's.
_FIN, _RSV1, _RSV23 = 0x80, 0x40, 0x30

# A whole message in one frame: the first bytes that nearly all frames have.
_WHOLE_TEXT, _WHOLE_BINARY = _FIN | _TEXT, _FIN | _BINARY

_UNLIMITED = 1 << 62

# 7.4.1.
_PROTOCOL_ERROR, _NO_STATUS, _INVALID_DATA, _TOO_BIG = 1002, 1005, 1007, 1009

# A view costs more than it saves for payloads that have fewer bytes.
_WORTH_A_VIEW = 2048


class End(NamedTuple):
    """How the client's frames have ended: with a close frame, or with one that must not be."""

    code: int
    """The close code; 1005 if the client gave none."""

    reason: str
    has_failed: bool
    """Whether the client has broken a rule. Code and reason are what to tell it then."""


class FrameParser:
    """Parses what one client sends."""

    __slots__ = (
        "_inflater",
        "_is_deflated",
        "_is_final",
        "_mask",
        "_max_size",
        "_messages",
        "_missing",
        "_opcode",
        "_packed",
        "_payload",
        "_rest",
        "_tail",
        "controls",
        "end",
        "unread",
    )

    def __init__(
        self,
        messages: deque[str | bytes],
        max_size: int | None = None,
        inflater: Inflater | None = None,
    ) -> None:
        """Begin with a connection that was just opened.

        Args:
            messages: Where messages are put. Their size is counted in `unread`; who takes
                one away subtracts its length and `MESSAGE_COST`.
            max_size: How many bytes a message may have, also when inflated. Default: None,
                any number.
            inflater: What inflates messages. Default: None, nobody has agreed to that.
        """
        self._messages = messages
        self._max_size = _UNLIMITED if max_size is None else max_size
        self._inflater = inflater

        self.unread = 0
        """The sum of the lengths of all messages, and of what they cost besides."""

        self.controls: list[tuple[bool, bytes]] = []
        """Pings, which begin with True, and pongs. Who reads them takes them away."""

        self.end: End | None = None
        """How it has ended. Nothing is read from then on."""

        # A frame that has not come in whole: its head, or what is missing of its payload.
        self._rest = b""
        self._missing = 0
        self._mask = b""
        self._is_final = False

        # A message that has not come in whole. Without one, the opcode is 0.
        self._opcode = _CONTINUATION
        self._is_deflated = False
        self._payload: bytes | bytearray = b""
        self._packed: bytes | bytearray = b""
        self._tail = b""  # The bytes of a character that is not complete.

    def feed(self, data: bytes) -> bool:  # noqa: C901 - every message comes through here
        """Take the next bytes.

        Returns:
            Whether there is more to look at than messages: `controls`, or an `end`.
        """
        if self._rest:
            data = self._rest + data
            self._rest = b""
        position = 0
        size = len(data)
        if self._missing:
            position = self._go_on(data, 0)
            if self.end is not None:
                return self._stop(data, position)
        # The head of a client's frame has at least 6 bytes, as 4 of them are a mask.
        while size - position > 5:
            first = data[position]
            length = data[position + 1] - 0x80
            start = position + 6
            if length > 125:
                if length == 126:
                    start = position + 8
                    length = (data[position + 2] << 8) | data[position + 3]
                    least = 126
                else:
                    start = position + 14
                    if start > size:
                        break
                    length = int.from_bytes(data[position + 2 : position + 10])
                    least = 65536
                # 5.2: "the minimal number of bytes MUST be used to encode the length".
                if length < least or length >> 63:
                    self._fail("A length is not encoded as it must be")
                    break
                if start > size:
                    break
            elif length < 0:
                break
            stop = start + length
            # A message in a frame that is here: nearly all are.
            if stop <= size and not self._opcode and length <= self._max_size:
                view = data if length < _WORTH_A_VIEW else memoryview(data)
                if first == _WHOLE_TEXT:
                    try:
                        text = apply_mask(
                            view[start:stop], data[start - 4 : start]
                        ).decode()
                    except UnicodeDecodeError:
                        self._fail("A text is not UTF-8", _INVALID_DATA)
                        break
                    self._messages.append(text)
                    self.unread += len(text) + MESSAGE_COST
                    position = stop
                    continue
                if first == _WHOLE_BINARY:
                    octets = apply_mask(view[start:stop], data[start - 4 : start])
                    self._messages.append(octets)
                    self.unread += length + MESSAGE_COST
                    position = stop
                    continue
            if not self._is_allowed(first, length):
                break
            if first & _CLOSE:
                if stop > size:
                    break
                self._take_control(
                    first, apply_mask(data[start:stop], data[start - 4 : start])
                )
            else:
                self._mask = data[start - 4 : start]
                self._missing = length
                stop = self._go_on(data, start)
            if self.end is not None:
                break
            position = stop
        if position == size and not self.controls:
            return False
        return self._stop(data, position)

    def drop_messages(self) -> None:
        """Put no more messages into the queue, as nobody reads them."""
        self._messages = deque(maxlen=0)

    def _stop(self, data: bytes, position: int) -> bool:
        """Keep what is not a whole frame, or whole head, for the next time."""
        if self.end is None and position < len(data):
            self._rest = rest = data[position:]
            # 5.1: a frame without a mask has a head of two bytes, and nothing need follow it.
            if len(rest) > 1 and rest[1] < 0x80:
                self._fail("A frame is not masked")
        if self.end is not None:
            self._rest, self._missing = b"", 0
            self._payload = self._packed = b""
            return True
        return bool(self.controls)

    def _is_allowed(self, first: int, length: int) -> bool:
        """Say whether a frame may follow what was there; it fails if not.

        A data frame becomes the one that is being received.
        """
        opcode = first & 0x0F
        if first & _RSV23 or opcode not in _OPCODES:
            return self._fail("A frame has reserved bits or a reserved opcode")
        if opcode & _CLOSE:
            # 5.5: all control frames have 125 bytes at most, and are not fragmented.
            if length > 125 or not first & _FIN or first & _RSV1:
                return self._fail(
                    "A control frame is fragmented, compressed or too long"
                )
            return True
        if bool(opcode) is bool(self._opcode):
            # 5.4: the fragments of messages must not be interleaved.
            return self._fail(
                "A message begins in another, or goes on without having begun"
            )
        # RFC 7692, 6.1: the bit is set for the first fragment of a compressed message only.
        if first & _RSV1 and (not opcode or self._inflater is None):
            return self._fail("A frame has reserved bits or a reserved opcode")
        if length > self._max_size - len(self._payload):
            return self._fail_size()
        self._is_final = first & _FIN != 0
        if opcode:
            self._opcode = opcode
            self._payload = bytearray()  # which grows without being copied each time
            self._is_deflated = first & _RSV1 != 0
        return True

    def _go_on(self, data: bytes, start: int) -> int:
        """Take as much of the payload as is there; give where it ends."""
        stop = min(start + self._missing, len(data))
        piece = apply_mask(memoryview(data)[start:stop], self._mask)
        self._missing -= len(piece)
        if self._is_deflated:
            self._packed = self._packed or bytearray()
            self._packed += piece
        elif not self._add(piece):
            return stop
        if self._missing:
            turned = len(piece) & 3
            self._mask = self._mask[turned:] + self._mask[:turned]
        elif (not self._is_deflated or self._inflate()) and self._is_final:
            self._finish()
        return stop

    def _inflate(self) -> bool:
        assert self._inflater is not None
        limit = self._max_size - len(self._payload)
        packed, self._packed = self._packed, b""
        try:
            piece = self._inflater.inflate(packed, self._is_final, limit)
        except ValueError as exc:
            return self._fail(str(exc))
        return self._fail_size() if len(piece) > limit else self._add(piece)

    def _add(self, piece: bytes) -> bool:
        """Add to a message; a text fails as soon as it cannot be UTF-8 any more (8.1)."""
        self._payload += piece
        if self._opcode == _TEXT:
            piece = self._tail + piece
            try:
                _, used = utf_8_decode(piece, "strict", False)
            except UnicodeDecodeError:
                return self._fail("A text is not UTF-8", _INVALID_DATA)
            self._tail = piece[used:]
        return True

    def _finish(self) -> None:
        if self._tail:
            self._fail("A text is not UTF-8", _INVALID_DATA)
            return
        is_text = self._opcode == _TEXT
        message = self._payload.decode() if is_text else bytes(self._payload)
        self._payload = b""
        self._opcode = _CONTINUATION
        self._messages.append(message)
        self.unread += len(message) + MESSAGE_COST

    def _take_control(self, first: int, payload: bytes) -> None:
        opcode = first & 0x0F
        if opcode != _CLOSE:
            self.controls.append((opcode == _PING, payload))
            return
        # 5.5.1: the payload is empty, or a code and a reason in UTF-8.
        if not payload:
            self.end = End(_NO_STATUS, "", False)
            return
        code = int.from_bytes(payload[:2])
        try:
            reason = payload[2:].decode()
            check_code(code if len(payload) > 1 else -1)
        except UnicodeDecodeError:
            self._fail("The reason of a close frame is not UTF-8", _INVALID_DATA)
        except ValueError:
            self._fail("The code of a close frame must not be sent")
        else:
            self.end = End(code, reason, False)

    def _fail_size(self) -> bool:
        return self._fail(f"A message has at most {self._max_size} bytes", _TOO_BIG)

    def _fail(self, reason: str, code: int = _PROTOCOL_ERROR) -> bool:
        self.end = End(code, reason, True)
        return False


_TEXT_HEADS = [bytes((_WHOLE_TEXT, length)) for length in range(126)]


def text_frame(payload: bytes) -> bytes:
    """Make the frame of a whole text."""
    length = len(payload)
    if length < 126:
        return _TEXT_HEADS[length] + payload
    return _head(_WHOLE_TEXT, length) + payload


def data_frame(payload: bytes) -> bytes:
    """Make the frame of a whole binary message."""
    return _head(_WHOLE_BINARY, len(payload)) + payload


def deflated_frame(payload: bytes, is_text: bool) -> bytes:
    """Make the frame of a whole message that was compressed (RFC 7692, 6.1)."""
    first = (_WHOLE_TEXT if is_text else _WHOLE_BINARY) | _RSV1
    return _head(first, len(payload)) + payload


def ping_frame(payload: bytes) -> bytes:
    """Make a ping of at most 125 bytes (5.5.2)."""
    return _head(_FIN | _PING, len(payload)) + payload


def pong_frame(payload: bytes) -> bytes:
    """Make the answer to a ping, which has its payload (5.5.3)."""
    return _head(_FIN | _PONG, len(payload)) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Make a close frame; 1005 is the code of one that has none (7.1.5)."""
    payload = b"" if code == _NO_STATUS else pack("!H", code) + reason.encode()
    return _head(_FIN | _CLOSE, len(payload)) + payload


def _head(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    if length < 65536:
        return pack("!BBH", first, 126, length)
    return pack("!BBQ", first, 127, length)

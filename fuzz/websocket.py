"""Invariant: any bytes in any chunks are the messages, pings, pongs and close code that `websockets` makes of them.

``python -m fuzz.websocket [seconds]`` tries that with random streams, nearly right ones mostly,
for as long (10 seconds), and says how to repeat what fails. No exception passes. `_agree` lists
where we differ from `websockets` on purpose.
"""

from __future__ import annotations

import logging
import random
import zlib
from codecs import getincrementaldecoder
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from websockets.exceptions import PayloadTooBig
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.utils import apply_mask

from falconws.ws.server._deflate import Inflater, negotiate
from falconws.ws.server._frames import MESSAGE_COST, FrameParser

from ._running import run

__all__ = ("check_stream", "compare", "encode")

_TEXTS = ["", "a", "Hello", "\u00fc\u20ac", "\U0001f600" * 40, "x" * 200, "y" * 66_000]
_BROKEN = [b"\xc0\x80", b"\xed\xa0", b"\xf4\x90", b"\xff", b"\xe2\x82"]
_ENDS = [b"", b"\x03\xe8", b"\x03\xe8bye", b"\x03", b"\x03\xed", b"\x03\xe8\xff"]
_ENDS += [b"\x0b\xb8", b"\x13\x88", b"\x03\xed\xff"]


@dataclass
class Outcome:
    """What a parser makes of a stream."""

    messages: list[str | bytes] = field(default_factory=list)
    controls: list[tuple[bool, bytes]] = field(default_factory=list)
    code: int | None = None
    reason: str = ""
    is_over: bool = False
    """Whether a deflate stream had its last block (RFC 7692, 7.2.3.4): `websockets` cannot
    read the next one."""


def check_stream(choose: random.Random) -> None:
    """Parse a random stream at once, in random chunks, and by `websockets`."""
    is_deflated = choose.random() < 0.5
    max_size = choose.choice([0, 5, 200, 70_000, 70_000])
    stream = _stream(choose, is_deflated)
    compare(stream, _cut(stream, choose), max_size, is_deflated)


def compare(
    stream: bytes, chunks: list[bytes], max_size: int, is_deflated: bool
) -> None:
    """Parse a stream in three ways, and see that they agree."""
    found = _found([stream], max_size, is_deflated)
    assert _found(chunks, max_size, is_deflated) == found
    expected = _expected(stream, max_size, is_deflated)
    # One may break off at once where the other waits for the end of the head, or of the frame.
    more = bytes(max(max_size, 125) + 16)
    if found.code is None and expected.code is not None:
        found = _found([stream, more], max_size, is_deflated)
    elif expected.code is None and found.code is not None and not expected.is_over:
        later = _expected(stream + more, max_size, is_deflated)
        expected.code, expected.is_over = later.code, later.is_over
    assert _agree(found, expected), (
        found,
        expected,
        stream[:200],
        len(stream),
        max_size,
    )


def _agree(found: Outcome, expected: Outcome) -> bool:
    for ours, theirs in (
        (found.messages, expected.messages),
        (found.controls, expected.controls),
    ):
        if any(a != b for a, b in zip(ours, theirs, strict=False)):
            return False
    more = len(found.messages) - len(expected.messages)
    more_controls = len(found.controls) - len(expected.controls)
    if expected.is_over:
        return more >= 0 and more_controls >= 0
    if expected.code == 1009 and more >= 0:
        # RFC 6455, 5.5: our limit is one of messages, not of pings, pongs and close frames.
        is_close = found.code not in (None, 1002, 1007, 1009)
        if more_controls > 0 or is_close or "close frame" in found.reason:
            return True
    if "length" in found.reason:
        # 5.2: lengths are minimal, and it does not mind.
        return more <= 0 and more_controls <= 0
    if more or more_controls:
        return False
    # A frame that breaks several rules: we look at all of the head before the size.
    return found.code == expected.code or (found.code, expected.code) == (1002, 1009)


def _found(chunks: list[bytes], max_size: int, is_deflated: bool) -> Outcome:
    messages: deque[str | bytes] = deque()
    agreement = negotiate(["permessage-deflate"])
    assert agreement is not None
    inflater = Inflater(agreement) if is_deflated else None
    parser = FrameParser(messages, max_size, inflater)
    outcome = Outcome()
    for chunk in chunks:
        has_more = parser.feed(chunk)
        assert has_more == bool(parser.controls or parser.end)
        outcome.controls += parser.controls
        parser.controls.clear()
        if parser.end:
            outcome.code = parser.end.code
            outcome.reason = parser.end.reason if parser.end.has_failed else ""
            break
    assert parser.unread == sum(len(item) + MESSAGE_COST for item in messages)
    outcome.messages = list(messages)
    return outcome


class _Over(Exception):
    pass


class _Deflate(PerMessageDeflate):
    """That of `websockets`, with limits that hold to the byte."""

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        assert max_size is not None
        frame = super().decode(frame, max_size=max_size + 1)
        if len(frame.data) > max_size:
            raise PayloadTooBig(len(frame.data), max_size)
        if self.decoder.eof:
            raise _Over
        return frame


def _expected(stream: bytes, max_size: int, is_deflated: bool) -> Outcome:
    logger = logging.Logger("silent", logging.CRITICAL)
    protocol = Protocol(SERVER, state=OPEN, max_size=max_size, logger=logger)
    if is_deflated:
        protocol.extensions = [_Deflate(False, False, 15, 12, {"memLevel": 5})]
    protocol.receive_data(stream)
    outcome = Outcome()
    try:
        _assemble(protocol.events_received(), outcome)
    except UnicodeDecodeError:
        outcome.code = 1007
        return outcome
    error = protocol.parser_exc
    outcome.is_over = isinstance(error, _Over)
    if "incomplete fragmented message" in str(error):
        error = (
            None  # RFC 6455, 5.4: a control frame may come in the middle of a message.
        )
    if error is not None:
        assert protocol.close_sent is not None
        outcome.code = protocol.close_sent.code
    elif protocol.close_rcvd is not None:
        outcome.code = protocol.close_rcvd.code
    return outcome


def _assemble(events: list[Any], outcome: Outcome) -> None:
    """Make messages of frames, as `websockets` does one layer above."""
    message, is_text = b"", False
    decoder = getincrementaldecoder("utf-8")()
    for event in events:
        if event.opcode in (Opcode.PING, Opcode.PONG):
            outcome.controls.append((event.opcode is Opcode.PING, event.data))
        elif event.opcode is not Opcode.CLOSE:
            if event.opcode is not Opcode.CONT:
                message, is_text = b"", event.opcode is Opcode.TEXT
            message += event.data
            if is_text:
                decoder.decode(event.data, event.fin)
            if event.fin:
                outcome.messages.append(message.decode() if is_text else message)


def encode(
    first: int, payload: bytes, mask: bytes | None = b"mask", form: int = 0
) -> bytes:
    """Make a frame, which need not be right.

    Args:
        first: Its first byte.
        payload: Its payload, before it is masked.
        mask: None for a frame without.
        form: How many bytes give the length: 1, 2, 8, or 0 for as few as can be.
    """
    size = len(payload)
    if not form:
        form = 1 if size < 126 else 2 if size < 65536 else 8
    marks = {1: size, 2: 126, 8: 127}
    head = bytes((first, marks[form] | (0x80 if mask else 0)))
    head += size.to_bytes(form) if form > 1 else b""
    return head + (mask + apply_mask(payload, mask) if mask else payload)


def _stream(choose: random.Random, is_deflated: bool) -> bytes:
    """Make frames, in which now and then something is wrong."""
    stream = zlib.compressobj(wbits=-12) if is_deflated else None
    frames: list[bytes] = []
    for _ in range(choose.randrange(8)):
        if choose.random() < 0.3:
            frames.append(_control(choose))
        else:
            frames += _message(choose, stream)
    if frames and choose.random() < 0.3:
        frames[choose.randrange(len(frames))] = _fault(choose)
    octets = bytearray(b"".join(frames))
    if octets and choose.random() < 0.2:
        octets[choose.randrange(min(len(octets), 400))] = choose.randrange(256)
    if choose.random() < 0.1:
        octets += choose.randbytes(choose.randrange(20))
    if choose.random() < 0.2:
        del octets[choose.randrange(len(octets) + 1) :]
    return bytes(octets)


def _control(choose: random.Random) -> bytes:
    kind = choose.choice([0x88, 0x89, 0x89, 0x8A])
    payload = choose.choice(_ENDS if kind == 0x88 else [b"", b"p", b"z" * 125])
    return encode(kind, payload, choose.randbytes(4))


def _message(choose: random.Random, stream: Any) -> list[bytes]:
    """Make the frames of a message, and of what comes between."""
    payload = choose.choice(_TEXTS).encode()
    if choose.random() < 0.1:
        payload += choose.choice(_BROKEN)
    edges = [0, len(payload)]
    if choose.random() < 0.3:
        edges += [choose.randrange(len(payload) + 1) for _ in range(3)]
    edges.sort()
    is_packed = stream is not None and choose.random() < 0.6
    first = choose.choice([1, 2]) | (0x40 if is_packed else 0)
    frames = []
    for count, (start, stop) in enumerate(pairwise(edges), 2):
        piece = payload[start:stop]
        is_last = count == len(edges)
        if is_packed:
            piece = stream.compress(piece) + stream.flush(zlib.Z_SYNC_FLUSH)
            piece = piece[:-4] if is_last else piece
        mask = choose.choice([b"mask", b"\0\0\0\0", choose.randbytes(4)])
        frames.append(encode(first | (0x80 if is_last else 0), piece, mask))
        first = 0
        if choose.random() < 0.1:
            frames.append(encode(0x89, b"between", mask))
    return frames


def _fault(choose: random.Random) -> bytes:
    payload = choose.choice([b"", b"abc", bytes(125), bytes(126), bytes(65536)])
    mask = choose.choice([None, b"mask", b"mask"])
    fits = [
        form for form in (1, 2, 8) if len(payload) < {1: 126, 2: 65536}.get(form, 2**63)
    ]
    return encode(choose.randrange(256), payload, mask, choose.choice(fits))


def _cut(stream: bytes, choose: random.Random) -> list[bytes]:
    sizes = choose.choice([[1], [1, 2, 5, 20], [1000, 60_000]])
    if len(stream) > 10_000:
        sizes = [1000, 60_000, 7]
    chunks = []
    while stream:
        size = choose.choice(sizes)
        chunks.append(stream[:size])
        stream = stream[size:]
    return chunks


if __name__ == "__main__":
    run(check_stream)

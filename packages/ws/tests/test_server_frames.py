"""Frames of clients, as RFC 6455, 5 has them, and frames for them."""

from __future__ import annotations

import importlib.util
import random
import sys
import zlib
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

from falconws.ws.server._deflate import Inflater, negotiate
from falconws.ws.server._frames import (
    MESSAGE_COST,
    End,
    FrameParser,
    close_frame,
    data_frame,
    deflated_frame,
    ping_frame,
    pong_frame,
    text_frame,
)
from fuzz.websocket import check_stream, compare, encode

MASK = b"\x37\xfa\x21\x3d"


def parser_of(
    max_size: int | None = None, is_deflated: bool = False
) -> tuple[FrameParser, deque[str | bytes]]:
    messages: deque[str | bytes] = deque()
    agreement = negotiate(["permessage-deflate"])
    assert agreement is not None
    inflater = Inflater(agreement) if is_deflated else None
    return FrameParser(messages, max_size, inflater), messages


def parse(
    *chunks: bytes, max_size: int | None = None, is_deflated: bool = False
) -> tuple[list[str | bytes], list[tuple[bool, bytes]], End | None]:
    parser, messages = parser_of(max_size, is_deflated)
    for chunk in chunks:
        parser.feed(chunk)
    return list(messages), parser.controls, parser.end


def failing(*chunks: bytes, max_size: int | None = None) -> int:
    end = parse(*chunks, max_size=max_size)[2]
    assert end is not None
    assert end.has_failed
    assert len(end.reason.encode()) <= 123
    return end.code


def deflated(payload: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-12)
    return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


# What `websockets` makes of a stream, we make of it too.

PAYLOADS = st.text(max_size=5).map(str.encode) | st.binary(max_size=130)
FRAMES = st.builds(
    encode,
    st.sampled_from([0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A, 0x88, 0xC1, 0x41])
    | st.integers(0, 255),
    PAYLOADS,
    st.sampled_from([MASK, MASK, MASK, bytes(4), None]),
)
STREAMS = st.lists(FRAMES | st.binary(max_size=4), max_size=6).map(b"".join)


@given(STREAMS, st.lists(st.integers(0, 300)), st.sampled_from([5, 200]), st.booleans())
def test_any_frames_in_any_pieces_are_what_another_parser_makes_of_them(
    stream: bytes, cuts: list[int], max_size: int, is_deflated: bool
) -> None:
    edges = [0, *sorted(cuts), len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    compare(stream, chunks, max_size, is_deflated)


@given(st.integers(0, 2**32))
def test_nearly_right_streams_are_what_another_parser_makes_of_them(seed: int) -> None:
    check_stream(random.Random(seed))


# Messages.


@pytest.mark.parametrize("size", [0, 1, 125, 126, 2047, 2048, 65535, 65536])
def test_a_message_is_received_whatever_its_length(size: int) -> None:
    text, data = "a" * size, bytes(size)
    stream = encode(0x81, text.encode(), MASK) + encode(0x82, data, MASK)
    assert parse(stream) == ([text, data], [], None)
    assert parse(*(stream[i : i + 999] for i in range(0, len(stream), 999))) == (
        [text, data],
        [],
        None,
    )


def test_a_message_is_received_byte_by_byte() -> None:
    stream = encode(0x81, "h\u00e9 \U0001f600".encode(), MASK)
    stream += encode(0x82, bytes(range(200)), MASK)
    stream += encode(0x89, b"ping", MASK)
    chunks = [bytes((octet,)) for octet in stream]
    assert parse(*chunks) == (
        ["h\u00e9 \U0001f600", bytes(range(200))],
        [(True, b"ping")],
        None,
    )


def test_fragments_are_one_message_and_control_frames_may_come_between() -> None:
    stream = encode(0x01, b"a\xc3", MASK) + encode(0x89, b"p", MASK)
    stream += encode(0x00, b"", MASK) + encode(0x8A, b"q", MASK)
    stream += encode(0x80, b"\xa9", MASK) + encode(0x82, b"next", MASK)
    assert parse(stream) == (["a\u00e9", b"next"], [(True, b"p"), (False, b"q")], None)


def test_feed_tells_whether_there_is_more_than_messages() -> None:
    parser, messages = parser_of()
    assert not parser.feed(encode(0x81, b"a", MASK))
    assert parser.feed(encode(0x89, b"", MASK))
    assert parser.feed(encode(0x81, b"b", MASK)[:3])  # The ping is still there.
    parser.controls.clear()
    assert not parser.feed(encode(0x81, b"b", MASK)[3:])
    assert parser.feed(encode(0x88, b"", MASK))
    assert list(messages) == ["a", "b"]


def test_what_is_unread_is_counted() -> None:
    parser, _ = parser_of()
    parser.feed(encode(0x81, b"abc", MASK) + encode(0x82, b"", MASK))
    parser.feed(encode(0x01, b"a", MASK) + encode(0x80, b"b", MASK))
    assert parser.unread == 5 + 3 * MESSAGE_COST


def test_messages_can_be_dropped() -> None:
    parser, messages = parser_of()
    parser.feed(encode(0x81, b"a", MASK))
    parser.drop_messages()
    assert parser.feed(encode(0x82, b"b", MASK) + encode(0x88, b"", MASK))
    assert list(messages) == ["a"]


@pytest.mark.parametrize("size", [0, 126, 65536])
def test_a_head_may_come_in_any_pieces(size: int) -> None:
    frame = encode(0x82, b"b" * size, MASK)
    for cut in range(1, 15):
        assert parse(frame[:cut], frame[cut:]) == ([b"b" * size], [], None)


def test_unmasking_does_without_an_extension_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "websockets.speedups", None)
    spec = importlib.util.find_spec("falconws.ws.server._frames")
    assert spec is not None
    assert spec.loader is not None
    frames = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(frames)
    assert frames.apply_mask.__module__ == "websockets.utils"
    messages: deque[str | bytes] = deque()
    parser = frames.FrameParser(messages)
    for size in (3, 5000):
        parser.feed(encode(0x82, b"a" * size, MASK))
    frame = encode(0x81, b"a" * 5000, MASK)
    parser.feed(frame[:99])
    parser.feed(frame[99:])
    assert list(messages) == [b"aaa", b"a" * 5000, "a" * 5000]


# What must not be.


@pytest.mark.parametrize(
    "first", [0x83, 0x87, 0x8B, 0x8F, 0x91, 0xA1, 0xC1, 0xC9, 0xC0]
)
def test_reserved_bits_and_opcodes_are_refused(first: int) -> None:
    assert failing(encode(first, b"", MASK)) == 1002


@pytest.mark.parametrize("form", [1, 2, 8])
@pytest.mark.parametrize("payload", [b"", b"abc"])
def test_a_frame_without_a_mask_is_refused_at_once(payload: bytes, form: int) -> None:
    stream = encode(0x81, payload, None, form)
    assert failing(stream) == 1002
    assert failing(stream[:2]) == 1002
    assert parse(stream[:1])[2] is None


@pytest.mark.parametrize(
    ("size", "form", "code"),
    [(125, 2, 1002), (126, 2, None), (65535, 8, 1002), (65536, 8, None), (1, 8, 1002)],
)
def test_lengths_take_as_few_bytes_as_can_be(
    size: int, form: int, code: int | None
) -> None:
    end = parse(encode(0x82, bytes(size), MASK, form))[2]
    assert (end and end.code) == code


def test_a_length_has_63_bits() -> None:
    assert failing(b"\x82\xff" + (1 << 63).to_bytes(8) + MASK) == 1002
    assert parse(b"\x82\xff" + (1 << 62).to_bytes(8) + MASK)[2] is None
    assert failing(b"\x82\xff" + ((1 << 62) + 1).to_bytes(8) + MASK) == 1009


@pytest.mark.parametrize(
    "frame",
    [
        encode(0x89, bytes(126), MASK),
        encode(0x88, bytes(65536), MASK),
        encode(0x09, b"", MASK),
        encode(0x08, b"", MASK),
        encode(0xC9, b"", MASK),
    ],
    ids=["long", "longer", "fragmented ping", "fragmented close", "compressed"],
)
def test_control_frames_are_short_and_whole(frame: bytes) -> None:
    assert failing(frame) == 1002


def test_a_ping_has_up_to_125_bytes() -> None:
    assert parse(encode(0x89, bytes(125), MASK), max_size=1) == (
        [],
        [(True, bytes(125))],
        None,
    )


@pytest.mark.parametrize(
    "stream",
    [
        encode(0x80, b"a", MASK),
        encode(0x00, b"a", MASK),
        encode(0x01, b"a", MASK) + encode(0x81, b"b", MASK),
        encode(0x02, b"a", MASK) + encode(0x02, b"b", MASK),
        encode(0x01, b"", MASK) + encode(0x80, b"", MASK) + encode(0x80, b"", MASK),
    ],
)
def test_fragments_of_messages_are_not_mixed(stream: bytes) -> None:
    assert failing(stream) == 1002


def test_nothing_is_read_after_a_fault() -> None:
    parser, messages = parser_of()
    good, bad = encode(0x81, b"a", MASK), encode(0x83, b"", MASK)
    assert parser.feed(good + bad + good + encode(0x88, b"\x03\xe8", MASK))
    assert list(messages) == ["a"]
    assert parser.end == End(
        1002, "A frame has reserved bits or a reserved opcode", True
    )


# UTF-8.


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"a\xe2\x82"])
def test_a_text_is_utf_8(text: bytes) -> None:
    assert failing(encode(0x81, text, MASK)) == 1007
    assert failing(encode(0x01, text, MASK) + encode(0x80, b"", MASK)) == 1007
    assert parse(encode(0x82, text, MASK)) == ([text], [], None)


def test_a_text_fails_with_the_byte_that_cannot_follow() -> None:
    # Not at the end of the frame, nor with the whole of a sequence.
    frame = encode(0x81, b"\xce\xba\xf4\x90\x80\x80abcdef", MASK)
    assert parse(frame[:9])[2] is None
    assert failing(*(frame[i : i + 1] for i in range(10))) == 1007
    fragments = encode(0x01, b"\xce\xba\xf4", MASK) + encode(0x00, b"\x90", MASK)
    assert failing(fragments) == 1007


def test_characters_may_be_cut_anywhere() -> None:
    text = "\u20ac\U0001f600\u00fc" * 3
    octets = text.encode()
    stream = encode(0x01, octets[:1], MASK)
    stream += b"".join(
        encode(0x00, octets[i : i + 1], MASK) for i in range(1, len(octets))
    )
    assert parse(stream + encode(0x80, b"", MASK)) == ([text], [], None)


# Sizes.


def test_a_message_has_as_many_bytes_as_it_may_have() -> None:
    for first in (0x81, 0x82):
        assert parse(encode(first, b"12345", MASK), max_size=5)[2] is None
        assert failing(encode(first, b"123456", MASK), max_size=5) == 1009
    begin = encode(0x01, b"123", MASK)
    assert parse(begin + encode(0x80, b"45", MASK), max_size=5)[0] == ["12345"]
    assert failing(begin + encode(0x80, b"456", MASK), max_size=5) == 1009
    # The head alone tells.
    assert failing(encode(0x82, bytes(6), MASK)[:6], max_size=5) == 1009


def test_an_inflated_message_has_as_many_bytes_as_it_may_have() -> None:
    frame = encode(0xC2, deflated(bytes(5000)), MASK)
    assert parse(frame, max_size=5000, is_deflated=True) == ([bytes(5000)], [], None)
    end = parse(frame, max_size=4999, is_deflated=True)[2]
    assert end is not None
    assert end.code == 1009


def test_fragments_of_an_inflated_message_count_together() -> None:
    stream = zlib.compressobj(wbits=-12)
    first = stream.compress(b"a" * 300) + stream.flush(zlib.Z_SYNC_FLUSH)
    last = (stream.compress(b"b" * 300) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
    frames = encode(0x41, first, MASK) + encode(0x80, last, MASK)
    assert parse(frames, max_size=600, is_deflated=True)[0] == ["a" * 300 + "b" * 300]
    end = parse(frames, max_size=599, is_deflated=True)[2]
    assert end is not None
    assert end.code == 1009


# Compression.


def test_messages_may_be_compressed_if_that_was_agreed_on() -> None:
    frame = encode(0xC1, deflated(b"Hello"), MASK)
    plain = encode(0x81, b"plain", MASK)
    assert parse(frame + plain, is_deflated=True) == (["Hello", "plain"], [], None)
    chunks = [frame[i : i + 1] for i in range(len(frame))]
    assert parse(*chunks, is_deflated=True) == (["Hello"], [], None)
    assert failing(frame) == 1002


def test_only_the_first_fragment_says_that_a_message_is_compressed() -> None:
    stream = encode(0x41, deflated(b"Hello"), MASK) + encode(0xC0, b"", MASK)
    end = parse(stream, is_deflated=True)[2]
    assert end is not None
    assert end.code == 1002


def test_what_cannot_be_inflated_fails() -> None:
    end = parse(encode(0xC1, b"\xff\xff", MASK), is_deflated=True)[2]
    assert end == End(1002, "The message cannot be inflated.", True)


def test_an_inflated_text_is_utf_8() -> None:
    end = parse(encode(0xC1, deflated(b"\xff"), MASK), is_deflated=True)[2]
    assert end == End(1007, "A text is not UTF-8", True)


# Close frames.


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1014, 3000, 4999])
def test_a_close_frame_has_a_code_and_a_reason(code: int) -> None:
    payload = code.to_bytes(2) + "f\u00fcr".encode()
    assert parse(encode(0x88, payload, MASK))[2] == End(code, "f\u00fcr", False)
    assert parse(encode(0x88, payload[:2], MASK))[2] == End(code, "", False)


def test_a_close_frame_may_be_empty() -> None:
    assert parse(encode(0x88, b"", MASK))[2] == End(1005, "", False)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000])
def test_a_close_frame_has_no_code_that_must_not_be_sent(code: int) -> None:
    assert failing(encode(0x88, code.to_bytes(2), MASK)) == 1002


def test_half_a_code_is_none() -> None:
    assert failing(encode(0x88, b"\x03", MASK)) == 1002


def test_a_reason_is_utf_8() -> None:
    assert failing(encode(0x88, b"\x03\xe8\xff", MASK)) == 1007


def test_a_close_frame_may_come_in_the_middle_of_a_message() -> None:
    stream = encode(0x01, b"a", MASK) + encode(0x88, b"\x03\xe8", MASK)
    assert parse(stream) == ([], [], End(1000, "", False))


# Frames for clients.


def read(stream: bytes) -> list[Frame]:
    protocol = Protocol(CLIENT, state=OPEN, max_size=None)
    protocol.receive_data(stream)
    assert protocol.parser_exc is None
    return [event for event in protocol.events_received() if isinstance(event, Frame)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536])
def test_a_message_is_framed_whatever_its_length(size: int) -> None:
    payload = b"x" * size
    stream = text_frame(payload) + data_frame(payload)
    text, data = read(stream)
    assert (text.opcode, text.data, text.fin) == (Opcode.TEXT, payload, True)
    assert (data.opcode, data.data, data.fin) == (Opcode.BINARY, payload, True)
    heads = 4 if size < 126 else 8 if size < 65536 else 20
    assert len(stream) == 2 * size + heads


def test_control_frames_are_framed() -> None:
    ping, pong, close = read(
        ping_frame(b"a") + pong_frame(b"b") + close_frame(1000, "c")
    )
    assert (ping.opcode, ping.data) == (Opcode.PING, b"a")
    assert (pong.opcode, pong.data) == (Opcode.PONG, b"b")
    assert (close.opcode, close.data) == (Opcode.CLOSE, b"\x03\xe8c")


def test_a_close_frame_without_a_code_is_empty() -> None:
    assert close_frame(1005) == b"\x88\x00"


def test_a_frame_says_that_it_is_compressed() -> None:
    assert deflated_frame(b"ab", True) == b"\xc1\x02ab"
    assert deflated_frame(b"ab", False) == b"\xc2\x02ab"

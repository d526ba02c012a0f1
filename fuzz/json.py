"""Invariant: any bytes give an object or a PayloadError, and any object that goes out comes back.

``python -m fuzz.json [seconds]`` tries that, with JSON by either library and with MessagePack, for
as long (10 seconds), and says how to repeat what fails. What orjson reads agrees with what the
standard library does here, but for integers beyond 64 bits, which come back as floats.
"""

from __future__ import annotations

import random
from typing import Any

from falconws.media import (
    JSONHandler,
    JSONHandlerWS,
    MessagePackHandler,
    MessagePackHandlerWS,
    PayloadError,
)
from falconws.media._standard_json import standard_dumps, standard_loads

from ._running import run

__all__ = ("check_bytes", "check_round_trip")

FAST = JSONHandler()
STANDARD = JSONHandler(standard_dumps, standard_loads)
PACKED = MessagePackHandler()

# What a parser may stumble on, more often than chance would have it.
_JSON_TOKENS = [
    *(b"[", b"]", b"{", b"}", b",", b":", b'"', b'"a"', b'"a":', b" ", b"\n", b"\\"),
    *(b"null", b"true", b"NaN", b"-Infinity", b"0", b"-", b"1.5", b"1e400", b"-0.0"),
    *(
        rb"\ud83d",
        rb"\ude00",
        rb'"\ud800"',
        rb"\u0000",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
    ),
    *(b"\xc3\xa9", b"\xff", b"\0", b"18446744073709551616", b"9" * 400, b"[" * 2000),
]
_PACKED_TOKENS = [
    *(
        b"\x80",
        b"\x81",
        b"\x90",
        b"\x91",
        b"\xa1a",
        b"\xa1\xff",
        b"\xc0",
        b"\xc1",
        b"\xc3",
    ),
    *(b"\xc4\x01x", b"\xd4\x05x", b"\xd6\xff\0\0\0\1", b"\xd7\xff" + b"\xff" * 8),
    *(
        b"\xc7\x0c\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\x91" * 2000,
    ),
    *(b"\xcb\x7f\xf8\0\0\0\0\0\0", b"\xcf" + b"\xff" * 8, b"\xd9\x01b", b"\x82"),
]
_ALPHABET = 'ab"\\/\u00e9\u2028\ufeff\x00\x0b\x85 \U0001f600'


def check_bytes(choose: random.Random) -> None:
    """Read random bytes; what is read can be sent again, and is the same then."""
    data = _bytes(choose, _JSON_TOKENS)
    fast, standard = _read(FAST, data), _read(STANDARD, data)
    if fast is not None and standard is not None:
        assert _same(fast, standard), data
    else:  # An integer that is too large for a float, and nothing else, is for one of them.
        assert fast is standard or b"9" * 400 in data, data
    if fast is not None and _depth(fast[0]) < 200:
        assert _same(_read(FAST, FAST.encode(fast[0])), fast), data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        pass
    else:
        message = _read_message(JSONHandlerWS(), text)
        assert (message is None) == (fast is None), data

    data = _bytes(choose, _PACKED_TOKENS)
    packed = _read(PACKED, data)
    message = _read_message(MessagePackHandlerWS(), data)
    assert (message is None) == (packed is None), data
    if packed is not None and _depth(packed[0]) < 200:
        again = _read(PACKED, PACKED.encode(packed[0]))
        assert repr(again) == repr(packed), data  # NaN is not equal to itself


def check_round_trip(choose: random.Random) -> None:
    """Send a random object, and read what was sent."""
    media = _object(choose, 4)
    for handler in (FAST, STANDARD):
        for reader in (FAST, STANDARD):
            assert _same(_read(reader, handler.encode(media)), (media,)), media
    try:
        packed = PACKED.encode(media)
    except TypeError:  # The format has 64 bits for an integer.
        assert any(abs(number) >= 2**63 for number in _integers(media)), media
    else:
        assert _read(PACKED, packed) == (media,), media


def _read(handler: Any, data: bytes) -> tuple[Any] | None:
    """Give an object, as the only one of a tuple; None for a PayloadError."""
    try:
        return (handler.decode(data),)
    except PayloadError:
        return None


def _read_message(handler: Any, payload: str | bytes) -> tuple[Any] | None:
    try:
        return (handler.deserialize(payload),)
    except PayloadError:
        return None


def _same(one: Any, other: Any) -> bool:
    """Say whether objects are equal but for the kind of integers beyond 64 bits."""
    stack = [(one, other)]
    while stack:  # They may be deeper than Python's own comparison goes.
        one, other = stack.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            stack += [(one[key], other[key]) for key in one]
        elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
            if len(one) != len(other):
                return False
            stack += zip(one, other, strict=True)
        elif isinstance(one, float) or isinstance(other, float):
            if float(one) != float(other):
                return False
        elif one != other or type(one) is not type(other):
            return False
    return True


def _depth(media: Any) -> int:
    depth, level = 0, [media]
    while level:
        depth += 1
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


def _integers(media: Any) -> list[int]:
    if isinstance(media, list | dict):
        inner = media.values() if isinstance(media, dict) else media
        return [number for each in inner for number in _integers(each)]
    return [media] if isinstance(media, int) else []


def _bytes(choose: random.Random, tokens: list[bytes]) -> bytes:
    return b"".join(
        choose.choice(tokens) if choose.random() < 0.9 else choose.randbytes(2)
        for _ in range(choose.randrange(12))
    )


def _object(choose: random.Random, depth: int) -> Any:
    def text() -> str:
        return "".join(choose.choices(_ALPHABET, k=choose.randrange(5)))

    match choose.randrange(8 if depth else 6):
        case 0:
            return choose.choice([None, True, False])
        case 1:
            return text()
        case 2:
            return choose.uniform(-1, 1) * 10 ** choose.randrange(-300, 300)
        case 3 | 4 | 5:
            return choose.choice([1, -1]) * choose.getrandbits(choose.randrange(80))
        case 6:
            return [_object(choose, depth - 1) for _ in range(choose.randrange(4))]
        case _:
            return {
                text(): _object(choose, depth - 1) for _ in range(choose.randrange(4))
            }


if __name__ == "__main__":
    run(check_bytes, check_round_trip)

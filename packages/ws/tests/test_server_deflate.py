"""permessage-deflate (RFC 7692)."""

from __future__ import annotations

import zlib

import pytest

from falconws.ws.server._deflate import Agreement, Deflater, Inflater, negotiate

TAIL = b"\x00\x00\xff\xff"


def agreed(offer: str = "permessage-deflate; client_max_window_bits") -> Agreement:
    agreement = negotiate([offer])
    assert agreement is not None
    return agreement


def test_windows_are_small_where_the_client_lets_us_choose() -> None:
    assert agreed() == Agreement(
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
        12,
        12,
        True,
        True,
    )
    # 7.1.2.2: without a word from it, its window is as large as can be.
    assert agreed("permessage-deflate").client_bits == 15


def test_a_client_may_ask_for_streams_that_end_with_each_message() -> None:
    agreement = agreed(
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    )
    assert not agreement.server_keeps
    assert not agreement.client_keeps
    assert "server_no_context_takeover" in agreement.header


def test_the_first_offer_that_can_be_accepted_is() -> None:
    offers = ["x-other, permessage-deflate; unknown=1", "permessage-deflate"]
    assert negotiate(offers) is not None
    assert negotiate([]) is None
    assert negotiate(["x-other"]) is None
    assert negotiate(["permessage-deflate; server_max_window_bits=7"]) is None


def test_an_offer_that_nobody_understands_is_an_error() -> None:
    with pytest.raises(ValueError, match="malformed"):
        negotiate(["permessage-deflate; ="])


@pytest.mark.parametrize("keeps", ["", "; server_no_context_takeover"])
def test_a_client_inflates_what_was_deflated(keeps: str) -> None:
    deflater = Deflater(agreed(f"permessage-deflate{keeps}"))
    payload = b"falconws " * 50
    first, second = deflater.deflate(payload), deflater.deflate(payload)
    stream = zlib.decompressobj(-12)
    assert stream.decompress(first + TAIL) == payload
    if keeps:
        assert second == first
        stream = zlib.decompressobj(-12)
    else:
        assert len(second) < len(first)  # It refers to the message before.
    assert stream.decompress(second + TAIL) == payload


@pytest.mark.parametrize("keeps", [True, False])
def test_what_a_client_deflated_is_inflated(keeps: bool) -> None:
    more = "" if keeps else "; client_no_context_takeover"
    inflater = Inflater(agreed(f"permessage-deflate{more}"))
    stream = zlib.compressobj(wbits=-15)
    for _ in range(3):
        packed = stream.compress(b"abc" * 100) + stream.flush(zlib.Z_SYNC_FLUSH)
        assert inflater.inflate(packed[:-4], True, 300) == b"abc" * 100
        if not keeps:
            stream = zlib.compressobj(wbits=-15)


def test_no_more_is_inflated_than_may_be() -> None:
    bomb = zlib.compressobj(wbits=-15)
    packed = bomb.compress(bytes(10**6)) + bomb.flush(zlib.Z_SYNC_FLUSH)
    assert len(Inflater(agreed()).inflate(packed[:-4], True, 1000)) == 1001
    assert len(Inflater(agreed()).inflate(packed[:-4], True, 0)) == 1


def test_a_stream_may_end_and_another_begins() -> None:
    # 7.2.3.4 has these bytes.
    message = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"
    inflater = Inflater(agreed())
    for _ in range(2):
        assert inflater.inflate(message, True, 5) == b"Hello"


def test_nothing_follows_a_stream_that_has_ended() -> None:
    message = b"\xf3\x48\xcd\xc9\xc9\x07\x00" + b"\x00" * 10
    with pytest.raises(ValueError, match="goes on behind"):
        Inflater(agreed()).inflate(message, True, 100)


def test_what_is_no_stream_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot be inflated"):
        Inflater(agreed()).inflate(b"\xff", True, 100)
